// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include "test.h"

#define NAP 30000000	/* ns */

static long long total(struct job *job, const char *call)
{
	return sum(job, "count", IS("call", call));
}

TEST(fsdist, "as many calls as were made to files on Btrfs, by kind, and none of another type's")
{
	const char *path = text("%s/file", fs_new("btrfs"));
	struct job *job = tool_start("fsdist", "--fs", "btrfs", "-p", text("%d", getpid()));
	int fd = open(path, O_CREAT | O_RDWR, 0600), other = open(tmp("other"), O_CREAT | O_RDWR, 0600);
	struct stat st;
	char data[10];

	REQUIRE(fd >= 0 && other >= 0);
	for (int i = 0; i < 50; i++)
		REQUIRE(pwrite(fd, data, sizeof(data), 0) == sizeof(data) && write(other, data, 1) == 1);
	for (int i = 0; i < 20; i++)
		REQUIRE(pread(fd, data, sizeof(data), 0) == sizeof(data) && fstat(fd, &st) == 0 && fstat(other, &st) == 0);
	REQUIRE(fsync(fd) == 0 && fsync(fd) == 0 && fsync(other) == 0);
	tool_stop(job);
	CHECK_EQ(total(job, "write"), 50);
	CHECK_EQ(total(job, "read"), 20);
	CHECK_EQ(total(job, "getattr"), 20);
	CHECK_EQ(total(job, "fsync"), 2);
	CHECK_EQ(total(job, "open"), 1);
	CHECK_EQ(rows(job), 5);
	CHECK_EQ(rows(job, IS("call", "fsync"), IS("unit", "usecs")), 1);
	CHECK_NO_LOSS(job);
}

TEST(fsdist, "a slow file system's times are in the right buckets")
{
	const char *file = text("%s/slow", fuse_new(NAP));
	int fd = open(file, O_RDONLY);
	struct job *job;
	char data[100];

	REQUIRE(fd >= 0);
	job = tool_start("fsdist", "--fs", "fuse", "-m", "--percentiles", "-p", text("%d", getpid()));
	for (int i = 0; i < 5; i++)
		REQUIRE(pread(fd, data, 100, 0) == 100);
	tool_stop(job);
	CHECK_EQ(total(job, "read"), 5);
	CHECK(number(row(job, IS("call", "read")), "p50") >= 28);	/* a bucket is 6 % wide */
	CHECK_STR(string(row(job, IS("call", "read")), "unit"), "msecs");
}

TEST(fsdist, "bad values are refused in one line")
{
	struct job *job = run("corekit", "fsdist", "--fs", "");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
}
