// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include "test.h"

static void change(void *arg)
{
	(void)arg;
	/* the calls themselves: the C library's also change other threads */
	REQUIRE(syscall(SYS_setfsuid, 1003) == 0);
	REQUIRE(syscall(SYS_setresuid, -1, 1001, 1002) == 0);
	REQUIRE(syscall(SYS_setreuid, 1001, -1) == 0);
	REQUIRE(syscall(SYS_setuid, 7) == -1 && errno == EPERM);
	REQUIRE(syscall(SYS_setuid, 1001) == 0);
}

static const char *pid_of(struct child *child)
{
	return text("%d", child->pid);
}

TEST(setuids, "each call, with what it asks for and what it leaves")
{
	struct child child = child_new("changer", 0, change, NULL);
	struct job *job = tool_start("setuids", "-p", pid_of(&child));

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 5);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "changer")), 5);
	CHECK_EQ(rows(job, IS("call", "setfsuid"), IS("ids", "1003"), IS("ruid", 0), IS("euid", 0), IS("fsuid", 1003),
		      IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("call", "setresuid"), IS("ids", "-1,1001,1002"), IS("ruid", 0), IS("euid", 1001), IS("suid", 1002),
		      IS("fsuid", 1001)), 1);
	CHECK_EQ(rows(job, IS("call", "setreuid"), IS("ids", "1001,-1"), IS("ruid", 1001), IS("euid", 1001)), 1);
	CHECK_EQ(rows(job, IS("call", "setuid"), IS("ids", "7"), IS("error", "EPERM"), IS("ruid", 1001)), 1);
	CHECK_EQ(rows(job, IS("call", "setuid"), IS("ids", "1001"), IS("error", NOTHING)), 1);
	CHECK_NO_LOSS(job);
}

TEST(setuids, "-x leaves out what works, and filters whom they don't name")
{
	struct child child = child_new("changer", 0, change, NULL), other = child_new("other", 0, change, NULL);
	struct job *failed = tool_start("setuids", "-x", "-p", pid_of(&child)), *named = tool_start("setuids", "-n", "chang*");

	child_run(&child);
	child_run(&other);
	tool_stop(failed);
	tool_stop(named);
	CHECK_EQ(rows(failed), 1);
	CHECK_EQ(rows(failed, IS("error", "EPERM"), IS("ids", "7")), 1);
	CHECK_EQ(rows(named, IS("pid", child.pid)), 5);
	CHECK_EQ(rows(named, IS("pid", other.pid)), 0);
}

TEST(setuids, "a 32-bit program's calls have its table's names, and their short ids")
{
	struct job *job;

	if (!int80_works())
		SKIP("no 32-bit programs here");
	job = tool_start("setuids", "-p", text("%d", getpid()));
	REQUIRE(int80(213, 0, 0, 0, 0) == 0);	/* setuid32 */
	REQUIRE(int80(70, 0xffff, 0, 0, 0) == 0);	/* setreuid, of 16 bits */
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("call", "setuid32/32"), IS("ids", "0")), 1);
	CHECK_EQ(rows(job, IS("call", "setreuid/32"), IS("ids", "-1,0")), 1);
}
