// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define PAGES 32
#define TRIES 10

static char page[4096];

TEST(fsyncsnoop, "what a call writes and flushes itself, and how long it takes")
{
	int direct, fd, exact = 0;
	const char *disk = loop_new(&direct), *path = text("/dev/%s", disk);
	uint64_t took[TRIES];
	struct job *job;
	size_t i = 0;
	json_t *r;

	fd = open(path, O_RDWR | O_CLOEXEC);	/* through the page cache */
	REQUIRE(fd >= 0);
	job = tool_start("fsyncsnoop", "-p", text("%d", getpid()), "-o", "+writes,error");
	for (int try = 0; try < TRIES; try++) {
		memset(page, try, sizeof(page));
		for (int n = 0; n < PAGES; n++)
			REQUIRE(pwrite(fd, page, sizeof(page), n * 8192) == sizeof(page));
		took[try] = now_ns();
		REQUIRE(fsync(fd) == 0);
		took[try] = now_ns() - took[try];
	}
	REQUIRE(fdatasync(fd) == 0);	/* nothing is left to be written */
	tool_stop(job);
	CHECK_EQ(rows(job), TRIES + 1);
	CHECK_EQ(rows(job, IS("file", path), IS("error", NOTHING)), TRIES + 1);
	each_row(r, job, IS("call", "fsync"))
	{
		/* a writeback thread may have been faster with some pages, but not every time */
		CHECK_BETWEEN(0, number(r, "bytes"), PAGES * 4096);
		CHECK(number(r, "writes") <= PAGES);
		exact += number(r, "bytes") == PAGES * 4096 && number(r, "writes") > 0;
		CHECK_EQ(number(r, "flushes"), 1);
		CHECK_BETWEEN(1, number(r, "latency_ns"), took[i++]);
	}
	CHECK(exact > 0);
	r = row(job, IS("call", "fdatasync"));
	CHECK_EQ(number(r, "bytes"), 0);
	CHECK_NO_LOSS(job);
}

static void fail(void *arg)
{
	REQUIRE(fsync(999) == -1 && fsync(0) <= 0);
}

TEST(fsyncsnoop, "-x, -m and filters; bad values are refused in one line; a call of another thread is not mixed in")
{
	struct child child = child_new("failer", 0, fail, NULL);
	struct job *failed = tool_start("fsyncsnoop", "-x", "-p", text("%d", child.pid)), *slowest, *bad;
	int fd;

	slowest = tool_start("fsyncsnoop", "-m", "10000000", "-p", text("%d,%d", child.pid, getpid()));
	fd = open(tmp("file"), O_CREAT | O_RDWR, 0600);
	REQUIRE(fd >= 0 && fsync(fd) == 0);
	child_run(&child);
	tool_stop(slowest);
	tool_stop(failed);
	CHECK_EQ(rows(slowest), 0);
	CHECK_EQ(rows(failed, IS("error", "EBADF"), IS("file", NOTHING), IS("comm", "failer")), 1);
	CHECK_EQ(rows(failed, IS("pid", getpid())), 0);
	bad = run("corekit", "fsyncsnoop", "-m", "x");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}
