// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include "test.h"

#define FILES 50

/* Names that nobody has looked up: each is asked of its file system once, the folder never. */
static void look(void *arg)
{
	struct stat st;

	REQUIRE(chdir(tmp("mounted/folder")) == 0);
	for (int i = 0; i < FILES; i++)
		REQUIRE(stat(text("sub/no-%d", i), &st) == -1 && errno == ENOENT);
	for (int i = 0; i < FILES; i++)
		REQUIRE(stat("sub/is", &st) == 0);
	for (int i = 0; i < FILES; i++)
		REQUIRE(open("sub/absent", O_RDONLY) == -1);
	for (int i = 0; i < FILES; i++)
		REQUIRE(mkdir("sub", 0700) == -1 && errno == EEXIST);
}

TEST(dcstat, "names that are looked up are counted, and those that nobody had looked for are misses")
{
	struct child child;
	struct job *job, *snoop, *all;
	json_t *r;

	/* On tmpfs, which keeps no names that are not there: each look is a miss. */
	mount_tmpfs(tmp("mounted"));
	REQUIRE(mkdir(tmp("mounted/folder"), 0755) == 0 && mkdir(tmp("mounted/folder/sub"), 0755) == 0);
	REQUIRE(close(open(tmp("mounted/folder/sub/is"), O_CREAT | O_RDWR, 0600)) == 0);
	child = child_new("looker", 0, look, NULL);
	job = tool_start("dcstat", "-i", "1h", "-p", text("%d", child.pid));
	snoop = tool_start("dcsnoop", "-p", text("%d", child.pid));
	all = tool_start("dcsnoop", "-a", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(all);
	tool_stop(snoop);
	tool_stop(job);

	r = row(job);
	CHECK_EQ(number(r, "misses"), 2 * FILES);
	/* Two names in each, and those of the way to the folder; one that was not found may be looked for again. */
	CHECK_BETWEEN(6 * FILES, number(r, "refs"), 9 * FILES + 20);
	CHECK_BETWEEN(FILES, number(r, "slow"), 2 * FILES); /* mkdir(2) only */
	CHECK_BETWEEN(100.0 - 100.0 * 2 / 6, number(r, "hit_pct"), 100);

	CHECK_EQ(rows(snoop, IS("comm", "looker"), IS("pid", child.pid)), 2 * FILES);
	for (int i = 0; i < FILES; i += 7)
		CHECK_EQ(rows(snoop, IS("file", text("no-%d", i))), 1);
	CHECK_EQ(rows(snoop, IS("file", "absent")), FILES);
	CHECK_EQ(rows(snoop, IS("file", "sub")), 0);

	CHECK_EQ(rows(all, IS("what", "miss")), 2 * FILES);
	CHECK_EQ(rows(all, IS("what", "miss"), IS("file", "no-0")), 1);
	CHECK(rows(all, IS("what", "ref"), IS("file", "no-0")) >= 1);
	CHECK_BETWEEN(3 * FILES, rows(all, IS("what", "ref"), IS("file", "sub")), 5 * FILES);
	CHECK_EQ(rows(all, IS("what", "ref"), IS("file", "is")), FILES);
	CHECK_EQ(rows(all, IS("what", "ref")), number(r, "refs"));
	CHECK_NO_LOSS(job);
	CHECK_NO_LOSS(snoop);
	CHECK_NO_LOSS(all);
}
