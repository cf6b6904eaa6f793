// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/points_find.c: words for places. */
#include <errno.h>
#include "lib/points.h"
#include "lib/probe_word.h"
#include "unit.h"

TEST(points, "what can't be a place is refused, before anything is looked for")
{
	static const char *const bad[] = {"t:sched", "perf:nosuch", "perf:cpu-clock:x", "timer:x", "timer:1ns", "c:/(/", "c:malloc+x",
					  "t:sched:sched_switch%return", "vfs_*+4", "/vfs_.*/+4", "vfs_read+4%return", "sys:/open/", ""};
	struct point *point;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!CHECK_EQ(point_new(&point, bad[i], false), -EINVAL))
			fprintf(stderr, "  '%s'\n", bad[i]);
}

TEST(points, "of functions only those without a return or an offset are whole")
{
	static const struct { const char *text; bool is_whole; } words[] = {
		{"vfs_read", true}, {"vfs_*", true}, {"c:malloc", true}, {"vfs_read%return", false}, {"r:vfs_read", false}, {"vfs_read+4", false},
		{"k:vfs_read+0", false}, {"t:sched:sched_switch", false}, {"sys:read", false}, {"timer:1ms", false},
	};
	struct point *point;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!CHECK_EQ(point_new(&point, words[i].text, false), 0))
			continue;
		if (!CHECK_EQ(point_is_whole(point), words[i].is_whole))
			fprintf(stderr, "  '%s'\n", words[i].text);
		point_free(point);
	}
}

TEST(points, "a word with conditions and values is taken apart, or refused")
{
	static const char *const bad[] = {"sys:openat (dfd", "sys:openat dfd,", "sys:openat \"x"};
	struct probe_word word;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!CHECK_EQ(probe_word_split(&word, bad[i]), -EINVAL))
			fprintf(stderr, "  '%s'\n", bad[i]);
	REQUIRE(!probe_word_split(&word, "sys:openat (dfd < 0) \"%d, %s\", dfd, str(filename)"));
	CHECK_STR(word.place, "sys:openat");
	CHECK_EQ(word.n, 2);
}
