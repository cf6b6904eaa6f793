// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rules for packets: what is read, what is refused, and what they become. */
#include "test.h"
#include "lib/rules_user.h"

static int compile(struct rules *rules, const char *const *lines)
{
	int ret = 0;

	memset(rules, 0, sizeof(*rules));
	for (int i = 0; lines[i] && !ret; i++)
		ret = rules_add(rules, lines[i], "test");
	return ret ?: rules_compile(rules, false);
}

TEST(rules, "what no packet can meet, what is no rule, and what contradicts an earlier one is refused")
{
	static const char *const bad[][3] = {
		{"drop proto icmp dport 3"}, {"drop dport"}, {"drop src ::1 dst 127.0.0.1"}, {"drop ipv6 src 10.0.0.1"}, {"refuse"}, {""},
		{"drop colour 3"}, {"drop dport 0"}, {"drop dport 70000"}, {"drop dport 5-3"}, {"drop proto 256"}, {"drop proto tdp"},
		{"drop smac 02:00:00"}, {"drop smac 02:00:00:00:00:00:00"}, {"drop mark 3/1"}, {"drop mark -1"}, {"drop vlan 4096"},
		{"drop src 10.0.0.0/33"}, {"drop src 10.0.0.1 src 10.0.0.2"}, {"drop port 3 dport 4"}, {"drop vlan 1 vlan 1"},
		{"drop src 10.0.0.0/8", "allow src 10.9.9.9/8"}, {"drop", "allow"}, {"drop port 5", "allow port 5"},
	};
	struct rules rules;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (compile(&rules, bad[i]) != -EINVAL)
			FAIL("not refused: '%s' '%s'", bad[i][0], bad[i][1] ?: "");
		rules_free(&rules);
	}
}

TEST(rules, "those that look at the same are one class, and a range of ports is as few pieces as can be")
{
	struct rules rules;

	CHECK_EQ(compile(&rules, (const char *const[]){"drop src 10.0.0.1", "allow src 10.0.0.2", "drop src 10.0.0.1", NULL}), 0);
	CHECK_EQ(rules.table.classes, 1);
	CHECK_EQ(rules.table.class[0].kind, RULES_WORD);	/* they differ in one address */
	CHECK_EQ(rules.in_map[rules_map(RULES_WORD)], 2);	/* the third is the first again */
	rules_free(&rules);
	CHECK_EQ(compile(&rules, (const char *const[]){"drop dport 1024-65535", NULL}), 0);
	CHECK_EQ(rules.table.classes, 6);
	rules_free(&rules);
	CHECK_EQ(compile(&rules, (const char *const[]){"drop src 10.0.0.0/8", "allow src 10.1.0.0/16", "allow dst ::/64", "drop dst 2001::/16", NULL}), 0);
	CHECK_EQ(rules.table.classes, 2);
	CHECK_EQ(rules.in_map[RULES_LPM], 2);
	CHECK_EQ(rules.in_map[RULES_LPM | RULES_WIDE], 2);
	rules_free(&rules);
	CHECK_EQ(compile(&rules, (const char *const[]){"allow port 5", "drop sport 5 proto tcp", "drop port 6 smac 02:00:00:00:00:01", NULL}), 0);
	CHECK_EQ(rules.table.classes, 5);
	rules_free(&rules);
}
