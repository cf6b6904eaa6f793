// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/filter.c: --name's automaton against fnmatch(3). */
#include <fnmatch.h>
#include "lib/filter.h"
#include "unit.h"

static struct common automaton;

/* As filter_comm() in bpf/lib/filter.bpf.h runs it. */
static bool matches(const char *comm)
{
	__u32 states = 1;

	for (int i = 0; i < COMM_LEN && comm[i]; i++)
		states = (states & automaton.comm_match[(__u8)comm[i]]) << 1 | (states & automaton.comm_stars);
	return states & automaton.comm_end;
}

/* The pattern in memory of exactly its size, so that the sanitizers see a byte too far. */
static int glob(const char *pattern)
{
	char *copy = strdup(pattern);
	int ret = filter_glob(copy, &automaton);

	free(copy);
	return ret;
}

/* Does the automaton, made of this pattern, agree? */
static bool same(const char *pattern, const char *name)
{
	bool wanted = !fnmatch(pattern, name, 0), is = matches(name);

	if (is != wanted)
		FAIL("'%s' %s '%s'", pattern, is ? "matches" : "doesn't match", name);
	return is == wanted;
}

TEST(glob, "what fnmatch(3) matches, and nothing else")
{
	static const char *const patterns[] = {
		"*",	  "?",	    "**",     "a",	"a*",	 "*a",	   "*a*",   "a?c",   "[abc]",	"[a-c]*", "[!a-c]",   "[^a-c]",
		"[]a]",	  "[!]a]",  "[a-]",   "[-a]",	"[!-a]", "a[b",	   "[",	    "a[",    "[]",	"[!",	  "[!]",      "[a",
		"[]-a]",  "[z-a]",  "\\*",	"\\?a",	 "\\[a]",  "a\\b",  "[\\]]", "[a\\-c]", "[*]",	  "[?]",      "a**b***c",
		"*?*?*",  "?*",	    "a]",     "]",	"[[]",	 "[a]]",   "[[a]b", "[[:digit:]]*", "[![:alpha:]]", "[[:upper:][:digit:]_]",
		"[a[:space:]]", "kworker/*:*", "[a-c][d-f]", "-", "!", "[!!]", "[^^]", "[\\!a]", "*[0-9]",
	};
	static const char *const names[] = {
		"", "a", "b", "c", "z", "ab", "abc", "aXc", "a*b", "*", "?a", "[a]", "[", "]", "]]", "[]", "[!]", "[!", "a[b", "a[",
		"-", "!", "^", "\\", "a-", "a]", "[b", "7", "42x", "_", " ", "A", "kworker/0:1", "ad", "a\\b", "a5", "[a", "[a-",
		"abcabcabcabcabc", "\xff", "\xc3\xa9",
	};

	for (size_t p = 0; p < COUNT(patterns); p++) {
		REQUIRE(glob(patterns[p]) == 0);
		for (size_t n = 0; n < COUNT(names); n++)
			same(patterns[p], names[n]);
	}
}

TEST(glob, "random patterns and names agree with fnmatch(3)", .timeout = 120)
{
	static const char letters[] = "aabbc-!]", parts[][12] = {"*", "*", "?", "[ab]", "[!a]", "[a-b]", "[^b-c]", "[]a]",
								"\\*", "\\a", "[[:alpha:]]", "[-a]", "]", "!", "-", "**"};
	long matched = 0, tried = 0;

	for (int i = 0; i < (slow() > 1 ? 1000 : 10000); i++) {
		char pattern[80] = "", name[16];
		int n = 1 + any() % 7;

		while (n--)
			if (any() & 1)
				strncat(pattern, &letters[any() % (sizeof(letters) - 1)], 1);
			else
				strcat(pattern, parts[any() % COUNT(parts)]);
		REQUIRE(glob(pattern) == 0);
		for (int j = 0; j < 20; j++) {
			size_t length = any() % 9;

			for (size_t k = 0; k < length; k++)
				name[k] = "abcabc[]-!*"[any() % 11];
			name[length] = 0;
			matched += !fnmatch(pattern, name, 0);
			tried++;
			if (!same(pattern, name))
				return;
		}
	}
	/* so that it isn't "nothing matches" which agrees */
	CHECK_BETWEEN(tried / 50, matched, tried / 2);
}

TEST(glob, "each byte of a name can be told from the others")
{
	for (int c = 1; c < 256; c++) {
		char pattern[3] = {c == '*' || c == '?' || c == '[' || c == '\\' ? '\\' : c, 0, 0}, name[2] = {0};

		if (pattern[0] == '\\')
			pattern[1] = c;
		REQUIRE(glob(pattern) == 0);
		for (int n = 1; n < 256; n++) {
			name[0] = n;
			CHECK_EQ(matches(name), n == c);
		}
	}
}

TEST(glob, "31 items are the most, stars don't count; a backslash at the end is one")
{
	char pattern[64];

	memset(pattern, '?', 31);
	pattern[31] = 0;
	CHECK_EQ(glob(pattern), 0);
	CHECK(!matches("fifteen letters"));
	strcpy(pattern + 31, "**");
	CHECK_EQ(glob(pattern), 0);
	strcpy(pattern + 31, "?");
	CHECK_EQ(glob(pattern), -EINVAL);
	strcpy(pattern, "*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*");
	CHECK_EQ(glob(pattern), 0);
	CHECK(matches("fifteen letters"));
	CHECK(!matches("short"));
	CHECK_EQ(glob(""), -EINVAL);
	CHECK_EQ(glob("a\\"), 0);
	CHECK(matches("a\\") && !matches("a"));
	/* a range without an end is no class either, whatever the C library says */
	CHECK_EQ(glob("[a-"), 0);
	CHECK(matches("[a-") && !matches("a"));
	CHECK_EQ(glob("a\\"), 0);
	/* what only checks leaves the automaton alone */
	CHECK_EQ(filter_glob("b", NULL), 0);
	CHECK(matches("a\\"));
}

TEST(glob, "fifteen letters, as long as a name can be, match whole")
{
	CHECK_EQ(glob("abcdefghijklmno"), 0);
	CHECK(matches("abcdefghijklmno"));
	CHECK(!matches("abcdefghijklmn"));
	CHECK_EQ(glob("*o"), 0);
	CHECK(matches("abcdefghijklmno"));
}
