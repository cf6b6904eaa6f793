// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <linux/stat.h>
#include "test.h"

#define NO_NAME "nowhere/at\nall"

static struct stat st;
static struct statfs fs;

static void calls(void *arg)
{
	static char statx_buf[512];
	int folder;

	REQUIRE(chdir(arg) == 0);
	folder = open(".", O_RDONLY | O_DIRECTORY);
	REQUIRE(folder >= 0);
#ifdef SYS_stat
	REQUIRE(syscall(SYS_stat, "file", &st) == 0 && syscall(SYS_lstat, NO_NAME, &st) == -1);
#else
	REQUIRE(syscall(SYS_newfstatat, AT_FDCWD, "file", &st, 0) == 0);
	REQUIRE(syscall(SYS_newfstatat, AT_FDCWD, NO_NAME, &st, 0) == -1);
#endif
	REQUIRE(syscall(SYS_fstat, folder, &st) == 0 && syscall(SYS_fstat, 999, &st) == -1);
	REQUIRE(syscall(SYS_newfstatat, folder, "file", &st, 0) == 0);
	REQUIRE(syscall(SYS_statx, AT_FDCWD, "/", 0, STATX_ALL, statx_buf) == 0);
	REQUIRE(syscall(SYS_statx, folder, "", AT_EMPTY_PATH, STATX_ALL, statx_buf) == 0);
	REQUIRE(statfs("/proc", &fs) == 0 && fstatfs(folder, &fs) == 0);
	REQUIRE(lseek(folder, 0, SEEK_SET) == 0 && getppid() > 0);
}

static void make_file(void)
{
	int fd = open(tmp("mounted/file"), O_CREAT | O_WRONLY, 0600);

	REQUIRE(fd >= 0 && close(fd) == 0);
}

#ifdef SYS_stat
#define OLD_CALLS 1
#else
#define OLD_CALLS 0
#endif

/* Which of the two calls the C library makes. */
#ifdef __s390x__
#define STATFS "statfs64"
#else
#define STATFS "statfs"
#endif

TEST(statsnoop, "each call is shown once, with the path as given and, with -F, the whole one across a mount")
{
	struct child child;
	struct job *job;
	const char *folder;

	mount_tmpfs(tmp("mounted"));
	make_file();
	folder = tmp("mounted");
	child = child_new("asker", 0, calls, (void *)folder);
	job = tool_start("statsnoop", "-F", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 9);
	CHECK_EQ(rows(job, IS("path", "file"), IS("file", tmp("mounted/file")), IS("error", NOTHING), IS("comm", "asker")), 2);
	CHECK_EQ(rows(job, IS("path", NO_NAME), IS("file", text("%s/%s", folder, NO_NAME)), IS("error", "ENOENT")), 1);
	CHECK_EQ(rows(job, IS("call", "fstat"), IS("path", NOTHING), IS("file", folder)), 1);
	CHECK_EQ(rows(job, IS("call", "fstat"), IS("fd", 999), IS("error", "EBADF"), IS("file", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("call", "newfstatat"), IS("path", "file"), IS("fd", NOTHING)), OLD_CALLS ? 0 : 1);
	CHECK_EQ(rows(job, IS("call", "statx"), IS("path", "/"), IS("file", "/"), IS("fd", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("call", "statx"), IS("path", NOTHING), IS("file", folder)), 1);
	CHECK_EQ(rows(job, IS("call", STATFS), IS("path", "/proc"), IS("file", "/proc")), 1);
	CHECK_EQ(rows(job, IS("call", "f" STATFS), IS("path", NOTHING), IS("file", folder)), 1);
	CHECK_NO_LOSS(job);
}

TEST(statsnoop, "-x and -S let through what they name; bad names are refused; 32-bit calls are told apart")
{
	static const char *const bad[] = {"nope", "", "stat,", "-1"};
	struct child child;
	struct job *failed, *some, *job;

	REQUIRE(mkdir(tmp("mounted"), 0700) == 0);
	make_file();
	child = child_new(NULL, 0, calls, (void *)tmp("mounted"));
	failed = tool_start("statsnoop", "-x", "-p", text("%d", child.pid));
	some = tool_start("statsnoop", "-S", STATFS ",statx", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(some);
	tool_stop(failed);
	CHECK_EQ(rows(failed), 2);
	CHECK_EQ(rows(failed, IS("error", "ENOENT"), IS("path", NO_NAME)), 1);
	CHECK_EQ(rows(some), 3);
	CHECK_EQ(rows(some, IS("call", "statx")), 2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "statsnoop", "-S", bad[i]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
	if (!int80_works())
		return;
	strcpy(low(4096), "/no/such");
	job = tool_start("statsnoop", "-p", text("%d", getpid()));
	CHECK(int80(195, (long)low(4096), 0, 0, 0) < 0);	/* stat64; 64-bit 195 is llistxattr */
	syscall(SYS_llistxattr, "/no/such", NULL, 0);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("call", "stat64/32")), 1);
}
