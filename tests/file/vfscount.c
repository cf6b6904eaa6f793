// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include "test.h"

static void calls(void *arg)
{
	char byte = 0;
	int fd = open(arg, O_CREAT | O_RDWR, 0600);

	REQUIRE(fd >= 0);
	for (int i = 0; i < 21; i++)
		REQUIRE(write(fd, &byte, 1) == 1);
	for (int i = 0; i < 37; i++)
		REQUIRE(read(fd, &byte, 1) == 0);
	REQUIRE(fsync(fd) == 0 && close(fd) == 0 && unlink(arg) == 0);
	for (int i = 0; i < 3; i++)
		REQUIRE(mkdir(arg, 0700) == 0 && rmdir(arg) == 0);
}

TEST(vfscount, "the functions that a process has called, and how often", .timeout = 120)
{
	struct child child = child_new(NULL, 0, calls, (void *)tmp("file"));
	struct job *job = tool_start("vfscount", "-p", text("%d", child.pid), "-o", "+address");
	long long rmdirs = 0;
	json_t *r;

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(number(row(job, IS("function", "vfs_read")), "count"), 37);
	CHECK_EQ(number(row(job, IS("function", "vfs_write")), "count"), 21);
	CHECK_EQ(number(row(job, IS("function", "vfs_unlink")), "count"), 1);
	CHECK_EQ(number(row(job, IS("function", "vfs_mkdir")), "count"), 3);
	CHECK_EQ(number(row(job, IS("function", "vfs_open")), "count"), 1);
	each_row(r, job)
	{
		if (!strncmp(string(r, "function"), "vfs_rmdir", 9))	/* vfs_rmdir.part.0 in 5.10 */
			rmdirs += number(r, "count");
		CHECK(!strncmp(string(r, "function"), "vfs_", 4));
		CHECK(string(r, "address") != NULL);
	}
	CHECK_EQ(rmdirs, 3);
	CHECK_NO_LOSS(job);
}
