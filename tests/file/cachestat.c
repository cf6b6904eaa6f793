// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define PAGES 1000

static char page[4096] __attribute__((aligned(4096)));

static void read_all(void *arg)
{
	for (int i = 0; i < PAGES; i++)
		REQUIRE(pread(*(int *)arg, page, 4096, i * 4096l) == 4096);
}

static void write_all(void *arg)
{
	for (int i = 0; i < PAGES; i++)
		REQUIRE(pwrite(*(int *)arg, page, 4096, i * 4096l) == 4096);
	REQUIRE(fsync(*(int *)arg) == 0);
}

/* Each part is done by a process of its own, of which one tool knows nothing but that. */
static void check(const char *where)
{
	int fd = cold_file(where, PAGES), made = open(text("%s/made", where), O_CREAT | O_RDWR, 0600), direct;
	struct child cold = child_new("cold", 0, read_all, &fd), warm = child_new("warm", 0, read_all, &fd);
	struct child again = child_new("again", 0, write_all, &fd), new = child_new("new", 0, write_all, &made);
	struct job *job = tool_start("cachestat", "-i", "1h", "-o", "+read,written,added", "-p", text("%d", cold.pid));
	struct job *top = tool_start("cachetop", "-i", "1h", "-o", "+read,written,added,write_hit_pct", "-p",
				     text("%d,%d,%d,%d", getpid(), warm.pid, again.pid, new.pid));
	json_t *r;

	REQUIRE(made >= 0);
	child_run(&cold);
	child_run(&warm);
	child_run(&again);
	child_run(&new);
	direct = open(text("%s/file", where), O_RDONLY | O_DIRECT);
	if (direct >= 0)	/* past the cache */
		REQUIRE(pread(direct, page, 4096, 0) == 4096);
	tool_stop(top);
	tool_stop(job);

	r = row(job);
	CHECK_EQ(number(r, "read"), PAGES);
	CHECK_EQ(number(r, "misses"), PAGES);	/* none twice, none left out, nothing behind its end */
	CHECK_EQ(number(r, "hits"), 0);
	CHECK_EQ(number(r, "hit_pct"), 0);
	CHECK_EQ(number(r, "written"), 0);
	CHECK(number(r, "cached_mb") > 0);

	r = row(top, IS("pid", warm.pid), IS("comm", "warm"));
	CHECK_EQ(number(r, "hits"), PAGES);
	CHECK_EQ(number(r, "misses"), 0);
	CHECK_EQ(number(r, "hit_pct"), 100);
	CHECK_EQ(number(r, "dirtied"), 0);

	r = row(top, IS("pid", again.pid), IS("comm", "again"));
	CHECK_EQ(number(r, "written"), PAGES);
	CHECK_EQ(number(r, "added"), 0);
	CHECK_EQ(number(r, "write_hit_pct"), 100);
	CHECK_EQ(number(r, "read"), 0);

	r = row(top, IS("pid", new.pid), IS("comm", "new"));
	CHECK_EQ(number(r, "written"), PAGES);
	CHECK_EQ(number(r, "added"), PAGES);
	/* A page may become dirty again, when it has been written meanwhile. */
	CHECK(number(r, "dirtied") >= PAGES);
	CHECK_EQ(number(r, "misses"), 0);
	CHECK_EQ(rows(top, IS("pid", getpid())), 0);
	CHECK_EQ(rows(top), 3);
	CHECK_NO_LOSS(job);
	CHECK_NO_LOSS(top);
}

TEST(cachestat, "a file read cold is all misses, warm all hits; written anew it is added and dirtied: on ext4")
{
	check(fs_new("ext4"));
}

TEST(cachestat, "the same on XFS")
{
	check(fs_new("xfs"));
}

TEST(cachestat, "the same on Btrfs")
{
	check(fs_new("btrfs"));
}
