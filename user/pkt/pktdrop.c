// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/hook.h"
#include "lib/lib.h"
#include "lib/rules_user.h"
#include "pkt/pktdrop.skel.h"

struct row {
	__u32 index;		/* into the counters; then the rule's number */
	__u32 drop;
	struct rules_count value;
	const char *text;
};

static const char *file, *otherwise;
static struct rules rules, *coming;	/* coming: in force already, while the others are shown for the last time */
static struct rules_maps maps;
static struct rules_count *early;	/* what rules that have just come counted while those before them were shown for the last time */
static struct stat seen;

static int read_rules(struct run *run, struct rules *to)
{
	char where[32];
	int ret = 0;

	if (file)
		ret = rules_read(to, file, &seen);
	for (int i = 0; i < run->n_args && !ret; i++) {
		snprintf(where, sizeof(where), "rule %d", i + 1);
		ret = rules_add(to, run->args[i], where);
	}
	if (!ret && hook.chosen != HOOK_TC && hook.chosen != HOOK_XDP && (to->by_mac || to->by_vlan)) {
		err("smac, dmac and vlan: only xdp and tc see them: --hook tc");
		ret = -EINVAL;
	}
	if (!ret && hook.no_ether && (to->by_mac || to->by_vlan)) {
		err("smac, dmac and vlan: packets of this interface have no header of Ethernet");
		ret = -EINVAL;
	}
	if (!ret && hook.chosen == HOOK_XDP && to->by_mark) {
		err("mark: packets have none yet where XDP sees them: --hook tc or cgroup");
		ret = -EINVAL;
	}
	return ret ?: rules_compile(to, otherwise && !strcmp(otherwise, "drop"));
}

static int size_map(struct run *run, const char *name, size_t need)
{
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(run->skel->obj, name), need);
}

/* Room for as many rules again, twice: while they are exchanged, both are there. */
static size_t room(size_t n)
{
	return 4 * n > 1024 ? 4 * n : 1024;
}

/* A file may bring rules of any kind later. */
static void tell_verifier(struct pktdrop_bpf__rodata *rodata)
{
	const struct rules_table *t = &rules.table;

	if (file)
		return;
	rodata->most_classes = t->classes;
	rodata->could_ask = t->asks;
	rodata->could_be = 0;
	for (__u32 i = 0; i < t->classes; i++)
		rodata->could_be |= t->class[i].kind;
}

static int setup(struct run *run)
{
	int ret = hook_setup(run);
	size_t few;

	if (!ret && otherwise && strcmp(otherwise, "drop") && strcmp(otherwise, "allow")) {
		err("--default: '%s' is neither allow nor drop", otherwise);
		return -EINVAL;
	}
	rules_free(&rules);
	ret = ret ?: read_rules(run, &rules);
	if (ret)
		return ret;
	tell_verifier(run->rodata);
	few = room(rules.in_map[0] + rules.in_map[rules_map(RULES_WORD)]);	/* one rule more may make narrow ones of words */
	return size_map(run, "narrow", few) ?: size_map(run, "word", few) ?: size_map(run, "wide", room(rules.in_map[RULES_WIDE])) ?:
	       size_map(run, "narrow_prefix", room(rules.in_map[RULES_LPM])) ?:
	       size_map(run, "wide_prefix", room(rules.in_map[RULES_WIDE | RULES_LPM])) ?:
	       size_map(run, "counters", 2 * (rules.n + rules.n / 2 + 64));
}

/* The rules first: nothing passes before they are in force. */
static int attach(struct run *run)
{
	struct pktdrop_bpf *skel = (void *)run->skel;
	int ret;

	maps = (struct rules_maps){
		.map = { bpf_map__fd(skel->maps.narrow), bpf_map__fd(skel->maps.wide), bpf_map__fd(skel->maps.narrow_prefix),
			 bpf_map__fd(skel->maps.wide_prefix), bpf_map__fd(skel->maps.word) },
		.live = &skel->data_live->live,
		.counters = bpf_map__fd(skel->maps.counters),
	};
	ret = rules_load(&rules, &maps);
	if (ret)
		err("the rules: %s", strerror(-ret));
	return ret ?: hook_attach(run);
}

/* What those before them have counted is shown: nothing adds to it any more. */
static int exchange(struct run *run, struct rules *fresh)
{
	struct rules_count *counts = calloc(fresh->n + 1, sizeof(*counts));
	int ret = counts ? rules_load(fresh, &maps) : -ENOMEM;

	if (ret) {
		free(counts);
		return ret;
	}
	free(early);
	early = counts;
	coming = fresh;
	ret = table_show(run);
	coming = NULL;
	rules_free(&rules);
	rules = *fresh;
	*fresh = (struct rules){};
	return ret;
}

/* A file that was changed is read again; one that is wrong changes nothing. */
static int tick(struct run *run)
{
	struct rules fresh = {};
	static __u64 next;
	static bool told;
	struct stat now;
	int ret;

	if (file && look_now() >= next) {
		next = look_now() + SEC_ / 5;
		ret = stat(file, &now) ? errno : 0;
		if (ret && ret != ENOENT && !told)
			note("%s: %s: whether it changes can't be seen", file, strerror(ret));
		told |= ret && ret != ENOENT;
		if (!ret && (now.st_ino != seen.st_ino || now.st_size != seen.st_size ||
			     memcmp(&now.st_mtim, &seen.st_mtim, sizeof(now.st_mtim)))) {
			ret = read_rules(run, &fresh) ?: exchange(run, &fresh);
			if (ret) {
				err("%s: %s: the rules before it stay in force", file,
				    ret == -E2BIG || ret == -ENOSPC ? "more rules than there is room for" : strerror(-ret));
				rules_free(&fresh);
				seen = ret == -ENOENT ? seen : now;	/* one that can't be read is told of once */
			} else {
				note("%s: %zu rules, from now on counted anew", file, rules.n);
			}
		}
	}
	return hook_tick(run);
}

/* The counter of a rule of these; < 0: of others. */
static long long number_of(const struct rules *of, __u32 index)
{
	return index >= of->table.base && index - of->table.base <= of->n ? (long long)index - of->table.base : -1;
}

static bool complete(struct run *run, void *data)
{
	struct row *row = data;
	long long n = number_of(&rules, row->index);

	if (coming && n < 0 && (n = number_of(coming, row->index)) >= 0) {
		early[n] = row->value;
		return false;
	}
	if (n < 0)
		return false;
	if (early && !coming) {
		row->value.packets += early[n].packets;
		row->value.bytes += early[n].bytes;
		early[n] = (struct rules_count){};
	}
	row->index = n;
	row->drop = n ? rules.list[n - 1].drop : rules.table.otherwise;
	row->text = n ? rules.list[n - 1].text : "any other packet";
	return true;
}

static void show_action(struct out *out, const struct column *c, const void *data)
{
	out_str(out, ((const struct row *)data)->drop ? "drop" : "allow");
}

static void show_text(struct out *out, const struct column *c, const void *data)
{
	const char *text = ((const struct row *)data)->text;

	out_bytes(out, text, strlen(text));
}

static const struct opt opts[] = {
	OPT_HOOK, OPT_HOOK_SOCKET,
	{ .letter = 'R', .name = "rules", .arg = "FILE", .value = V_CHARS, .here = &file, .complete = "file",
	  .help = "a rule on each line, before those given as arguments; read again whenever it changes" },
	{ .name = "default", .arg = "ACTION", .value = V_CHARS, .here = &otherwise, .complete = "allow drop",
	  .help = "allow or drop what no rule decides (allow)" },
	OPT('n', "dry-run", NULL, pktdrop, dry_run, "only count: everything passes"),
	{}
};

static const struct column columns[] = {
	COL("rule", struct row, index, 5, "number of the rule, in the order given; 0: none decided"),
	COL_OWN("action", show_action, -6, "drop or allow"),
	COL("packets", struct row, value.packets, 12, "that it decided"),
	COL("bytes", struct row, value.bytes, 14, "of them, as long as the hook sees them"),
	COL_OWN("text", show_text, 0, "the rule"),
	{}
};

static const struct example examples[] = {
	{ "-I eth0 'drop src 203.0.113.0/24'", "a network stays out, as early as the driver can drop it" },
	{ "-I eth0 --dry-run -i 1 'drop proto udp dport 53'", "what would be dropped, every second; nothing is" },
	{ "-I eth0,eth1 -R rules --pin", "the rules of a file, until 'pktdrop --detach'" },
	{ "--hook cgroup -c /app.slice --egress --default drop 'allow dst ::1'", "a service that reaches nothing but itself" },
	{ "--hook socket -p 4711 'drop src 192.0.2.7'", "one process no longer hears from an address" },
	{}
};

TOOL(pktdrop,
	.summary  = "drop or allow packets by rules, in XDP, tc, a cgroup or a socket",
	.about    = "While it runs, packets are held against rules, the first of which that matches decides: 'drop' or 'allow', then any of "
		    "src NET, dst NET, sport PORTS, dport PORTS, port PORTS (either end), proto NAME, smac MAC, dmac MAC, mark "
		    "N[/MASK], vlan ID, ipv4, ipv6, fragment, malformed; all that stand in a rule must hold. What each decided is "
		    "counted. Rules are looked up, not walked through: ten thousand cost as much as one. Later pieces of a fragmented "
		    "packet have no ports, so no rule for ports matches them.",
	.cost     = "For each packet its headers are read, and one lookup made for each kind of rule, not for "
		    "each rule; tests/bench/pkt/drop measures it.",
	.caveats  = "It acts, where other tools watch. XDP and --egress: only received packets pass XDP. --hook socket filters what "
		    "the process's sockets of the moment receive, not those that it opens later, and TCP sends again what is dropped. It leaves "
		    "alone those that listen, whose connections would keep the filter, and those that have a filter already. "
		    "With the clsact qdisc (before 6.6) a child removes the filter should the tool be killed.",
	.keep_caps = 1ULL << 2 /* DAC_READ_SEARCH */, .packets = true, .first = hook_first, .args = "[RULE]...", .trial = "--hook=cgroup",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .tick = tick,
	.table = ROWS("counters", struct row, "rule", .up = true, .idle = true, .row = complete,
		      .adds = offsetof(struct rules_count, generation),
		      .identity = offsetof(struct rules_count, generation) + 1));
