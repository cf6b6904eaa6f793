// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include <sys/uio.h>
#include "test.h"

static void use(void *arg)
{
	char data[1000] = {};
	struct iovec parts[2] = {{data, 10}, {data, 20}};
	int deep = open(tmp("a/deep/er/file"), O_CREAT | O_RDWR, 0600), own = open(tmp("a/file"), O_CREAT | O_RDWR, 0600);
	int other = open(tmp("b/file"), O_CREAT | O_RDWR, 0600), mounted = open(tmp("a/mounted/file"), O_CREAT | O_RDWR, 0600);
	int outside = open(tmp("file"), O_CREAT | O_RDWR, 0600), ends[2];

	REQUIRE(deep >= 0 && own >= 0 && other >= 0 && mounted >= 0 && outside >= 0 && pipe(ends) == 0);
	for (int i = 0; i < 5; i++)
		REQUIRE(write(deep, data, 100) == 100 && write(outside, data, 50) == 50);
	REQUIRE(pread(deep, data, 1000, 0) == 500 && writev(own, parts, 2) == 30);
	for (int i = 0; i < 3; i++)
		REQUIRE(write(mounted, data, 7) == 7);
	REQUIRE(write(other, data, 1000) == 1000 && pread(other, data, 10, 0) == 10);
	REQUIRE(write(ends[1], data, 9) == 9 && read(ends[0], data, 9) == 9);
	REQUIRE(pread(999, data, 1, 0) == -1);
}

TEST(dirtop, "what is below each folder counts for it, across a mount, and for each folder above it that was asked for")
{
	struct child child;
	struct job *job, *bad;
	json_t *r;

	REQUIRE(!mkdir(tmp("a"), 0755) && !mkdir(tmp("a/deep"), 0755) && !mkdir(tmp("a/deep/er"), 0755) && !mkdir(tmp("b"), 0755));
	mount_tmpfs(tmp("a/mounted"));
	child = child_new("user", 0, use, NULL);
	job = tool_start("dirtop", "-i", "1h", "-p", text("%d", child.pid), tmp("a"), tmp("a/deep"), tmp("b"), tmp("a/mounted"));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 4);
	r = row(job, IS("path", tmp("a")));
	CHECK_EQ(number(r, "writes"), 5 + 1 + 3);
	CHECK_EQ(number(r, "write_bytes"), 500 + 30 + 21);
	CHECK_EQ(number(r, "reads"), 1);
	CHECK_EQ(number(r, "read_bytes"), 500);
	r = row(job, IS("path", tmp("a/deep")));
	CHECK_EQ(number(r, "write_bytes"), 500);
	CHECK_EQ(number(r, "read_bytes"), 500);
	r = row(job, IS("path", tmp("a/mounted")));
	CHECK_EQ(number(r, "writes"), 3);
	CHECK_EQ(number(r, "reads"), 0);
	r = row(job, IS("path", tmp("b")));
	CHECK_EQ(number(r, "write_bytes"), 1000);
	CHECK_EQ(number(r, "reads"), 1);
	CHECK_NO_LOSS(job);

	bad = run("corekit", "dirtop", tmp("absent"));
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
	CHECK_EQ(run("corekit", "dirtop", tmp("file"))->status, 2);
	CHECK_EQ(run("corekit", "dirtop", tmp("a"), tmp("a"))->status, 2);
	CHECK_EQ(run("corekit", "dirtop")->status, 2);
}
