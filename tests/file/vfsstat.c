// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include "test.h"

/* 37 reads, 21 writes, 5 fsyncs, 12 opens, 3 + 2 files made, 5 deleted, 4 folders made, 3 of them deleted. */
static void calls(void *arg)
{
	const char *folder = arg;
	char byte = 0;
	int fd;

	for (int i = 0; i < 3; i++)
		REQUIRE(close(open(text("%s/file-%d", folder, i), O_CREAT | O_EXCL | O_RDWR, 0600)) == 0);
	for (int i = 0; i < 2; i++)
		REQUIRE(mknod(text("%s/node-%d", folder, i), S_IFREG | 0600, 0) == 0);
	for (int i = 0; i < 8; i++)
		REQUIRE(close(open(text("%s/file-0", folder), O_RDONLY | O_CREAT, 0600)) == 0);
	REQUIRE(open(text("%s/nothing", folder), O_RDONLY) == -1);
	fd = open(text("%s/file-1", folder), O_RDWR);
	REQUIRE(fd >= 0);
	for (int i = 0; i < 21; i++)
		REQUIRE(write(fd, &byte, 1) == 1);
	for (int i = 0; i < 37; i++)
		REQUIRE(read(fd, &byte, 1) == 0);
	for (int i = 0; i < 5; i++)
		REQUIRE(fsync(fd) == 0);
	close(fd);
	for (int i = 0; i < 5; i++)
		REQUIRE(unlink(text(i < 3 ? "%s/file-%d" : "%s/node-%d", folder, i < 3 ? i : i - 3)) == 0);
	for (int i = 0; i < 4; i++)
		REQUIRE(mkdir(text("%s/folder-%d", folder, i), 0700) == 0);
	for (int i = 0; i < 3; i++)
		REQUIRE(rmdir(text("%s/folder-%d", folder, i)) == 0);
}

static void check(struct job *job)
{
	CHECK_EQ(sum(job, "read"), 37);
	CHECK_EQ(sum(job, "write"), 21);
	CHECK_EQ(sum(job, "fsync"), 5);
	CHECK_EQ(sum(job, "open"), 12);
	CHECK_EQ(sum(job, "create"), 5);
	CHECK_EQ(sum(job, "unlink"), 5);
	CHECK_EQ(sum(job, "mkdir"), 4);
	CHECK_EQ(sum(job, "rmdir"), 3);
}

TEST(vfsstat, "each call is counted once, files made by open(2) and fsyncs too")
{
	struct child child = child_new(NULL, 0, calls, (void *)tmp(NULL));
	struct job *job = tool_start("vfsstat", "-p", text("%d", child.pid));

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	check(job);
	CHECK_NO_LOSS(job);
}

TEST(vfsstat, "kprobes do as well where there are no trampolines")
{
	struct child child = child_new(NULL, 0, calls, (void *)tmp(NULL));
	struct job *job;

	setenv("COREKIT_WITHOUT", "fentry", 1);
	job = tool_start("vfsstat", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(job);
	check(job);
}

TEST(vfsstat, "intervals add up to the whole; a rate is no more than all of it in the shortest interval")
{
	struct child child = child_new(NULL, 0, calls, (void *)tmp(NULL));
	struct job *job = tool_start("vfsstat", "-p", text("%d", child.pid), "-i", "100ms");
	struct job *rate = tool_start("vfsstat", "-R", "-p", text("%d", child.pid), "-i", "100ms");
	double reads = 0;
	json_t *r;

	child_run(&child);
	nap(500000000);
	tool_stop(rate);
	tool_stop(job);
	CHECK(rows(job) >= 2);
	check(job);
	each_row(r, rate)
	{
		reads += json_number_value(json_object_get(r, "read"));
	}
	CHECK_BETWEEN(0.1, reads, 370 * 1.1);
}
