// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "spin.h"

static void opens(void *arg)
{
	char path[32];
	int fd;

	/* on the stack: a constant may not be in memory before the kernel itself reads it */
	strcpy(path, "/dev/null");
	fd = seen_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_NONBLOCK);
	syscall(SYS_fallocate, fd, 1, 5L, 0L);
	strcat(path, "/x");
	seen_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY);
	seen_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY);
	close(fd);
}

TEST(ksnoop, "calls in one another, results by name, whole structs, only those that fail; or what the kernel lacks")
{
	struct job *job, *failed, *whole;
	struct seen *child;
	const char *pid, *args;

	if (access("/sys/bus/event_source/devices/kprobe/type", F_OK)) {
		CHECK_EQ(run("corekit", "ksnoop", "do_filp_open")->status, 3);
		return;
	}
	CHECK_EQ(run("corekit", "ksnoop", "c:usleep")->status, 2);
	child = seen_new("snooped", opens, NULL);
	pid = text("%d", child->child.pid);
	job = tool_start("ksnoop", "-p", pid, "/^do_fil(p|e)_open$/", "vfs_open");	/* newer kernels call it do_file_open */
	failed = tool_start("ksnoop", "-x", "-p", pid, "k:/^(do_filp_open|do_file_open|vfs_open)$/");
	whole = tool_start("ksnoop", "-D", "-p", pid, "vfs_fallocate");
	seen_run(child);
	tool_stop(job);
	tool_stop(failed);
	tool_stop(whole);
	seen_end(child);
	CHECK_ROWS(job, 3, IS("depth", 0));
	CHECK_ROWS(job, 2, IS("returned", "-ENOTDIR"));
	CHECK_ROWS(job, 1, IS("function", "vfs_open"), IS("depth", 1), IS("returned", "0"));
	CHECK_ROWS(job, 4);
	CHECK_HAS(string(row(job, IS("depth", 1)), "args"), "path=0x");
	CHECK_HAS(string(row(job, IS("depth", 0)), "args"), "dfd=-100, ");
	CHECK_ROWS(failed, 2, IS("returned", "-ENOTDIR"));
	CHECK_ROWS(failed, 2);
	CHECK_ROWS(whole, 1, IS("returned", "-EINVAL"));
	args = string(row(whole), "args");
	CHECK_HAS(args, "file={");
	CHECK_HAS(args, text("f_flags=%d", 0x8000 | O_RDONLY | O_NONBLOCK));
	CHECK_HAS(args, ", mode=1, offset=5, len=0");
	CHECK_NO_LOSS(job);
}
