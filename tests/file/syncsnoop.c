// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/syscall.h>
#include "test.h"

static void calls(void *arg)
{
	int fd = open(arg, O_RDWR | O_CREAT, 0600);
	void *page;

	REQUIRE(fd >= 0 && ftruncate(fd, 4096) == 0);
	for (int i = 0; i < 3; i++)
		REQUIRE(fsync(fd) == 0);
	REQUIRE(fdatasync(fd) == 0 && syncfs(fd) == 0);
	REQUIRE(sync_file_range(fd, 0, 4096, SYNC_FILE_RANGE_WRITE) == 0 || errno == ESPIPE);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(page != MAP_FAILED && msync(page, 4096, MS_SYNC) == 0);
	REQUIRE(fsync(fd + 100) == -1 && errno == EBADF);
	REQUIRE(lseek(fd, 0, SEEK_SET) == 0 && getppid() > 0);
}

TEST(syncsnoop, "each call is shown once with its file, also across a mount, and nothing else")
{
	struct child child;
	struct job *job;
	const char *path;

	mount_tmpfs(tmp("mounted"));
	path = tmp("mounted/file");
	child = child_new("syncer", 0, calls, (void *)path);
	job = tool_start("syncsnoop", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 8);
	CHECK_EQ(rows(job, IS("call", "fsync"), IS("file", path), IS("error", NOTHING), IS("comm", "syncer")), 3);
	CHECK_EQ(rows(job, IS("call", "fdatasync"), IS("file", path)), 1);
	CHECK_EQ(rows(job, IS("call", "syncfs"), IS("file", path)), 1);
	CHECK_EQ(rows(job, IS("call", "sync_file_range"), IS("file", path)), 1);
	CHECK_EQ(rows(job, IS("call", "msync"), IS("file", NOTHING), IS("fd", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("call", "fsync"), IS("error", "EBADF"), IS("file", NOTHING)), 1);
	CHECK_NO_LOSS(job);
}

TEST(syncsnoop, "-x shows those that failed; a 32-bit program's calls are seen")
{
	struct child child = child_new(NULL, 0, calls, (void *)tmp("file"));
	struct job *job = tool_start("syncsnoop", "-x", "-p", text("%d", child.pid)), *mine;

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), rows(job, IS("error", "EBADF")));
	CHECK_EQ(rows(job), 1);
	if (!int80_works())
		return;
	mine = tool_start("syncsnoop", "-p", text("%d", getpid()));
	CHECK(int80(118, 1000, 0, 0, 0) == -EBADF);	/* fsync; 64-bit 118 is getresuid */
	syscall(SYS_getresuid, NULL, NULL, NULL);
	tool_stop(mine);
	CHECK_EQ(rows(mine), 1);
	CHECK_EQ(rows(mine, IS("call", "fsync/32"), IS("error", "EBADF")), 1);
}
