// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include "test.h"

#define NOBODY 65534

static const char *pid_of(struct child child)
{
	return text("%d", child.pid);
}

static void call_known(void *arg)
{
	(void)arg;
	for (int i = 0; i < 1234; i++)
		syscall(SYS_getppid);
	for (int i = 0; i < 567; i++)
		syscall(SYS_close, -1);
	for (int i = 0; i < 89; i++)
		syscall(SYS_getsid, 1 << 29);
}

TEST(syscount, "each call is counted once, by its name")
{
	struct child child = child_new("caller", 0, call_known, NULL);
	struct job *job = tool_start("syscount", "-p", pid_of(child));

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(number(row(job, IS("syscall", "getppid")), "count"), 1234);
	CHECK_EQ(number(row(job, IS("syscall", "close")), "count"), 567);
	CHECK_EQ(number(row(job, IS("syscall", "getsid")), "count"), 89);
	CHECK_EQ(rows(job, IS("syscall", "getppid")), 1);
	CHECK_NO_LOSS(job);
}

TEST(syscount, "rows come largest first, and -r keeps the first of them")
{
	struct child child = child_new("caller", 0, call_known, NULL);
	struct job *job = tool_start("syscount", "-r", "2", "-p", pid_of(child));
	json_t *first;

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	first = row(job);
	CHECK_STR(string(first, "syscall"), "getppid");
}

TEST(syscount, "by process: the process with its name and all its calls")
{
	struct child child = child_new("caller", 0, call_known, NULL);
	struct job *job = tool_start("syscount", "-P", "-S", "getppid,getsid", "-p", pid_of(child));

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(number(row(job, IS("pid", child.pid), IS("comm", "caller")), "count"), 1234 + 89);
}

TEST(syscount, "only failed calls, or only those with one error")
{
	struct child child = child_new("caller", NOBODY, call_known, NULL);
	struct job *failed = tool_start("syscount", "-x", "-p", pid_of(child));
	struct job *named = tool_start("syscount", "-e", "ESRCH", "-u", text("%d", NOBODY));
	struct job *numbered = tool_start("syscount", "-e", "9", "-u", text("%d", NOBODY));

	child_run(&child);
	tool_stop(failed);
	tool_stop(named);
	tool_stop(numbered);
	CHECK_EQ(rows(failed, IS("syscall", "getppid")), 0);
	CHECK_EQ(number(row(failed, IS("syscall", "close")), "count"), 567);
	CHECK_EQ(number(row(failed, IS("syscall", "getsid")), "count"), 89);
	CHECK_EQ(rows(named), 1);
	CHECK_EQ(number(row(named, IS("syscall", "getsid")), "count"), 89);
	CHECK_EQ(rows(numbered), 1);
	CHECK_EQ(number(row(numbered, IS("syscall", "close")), "count"), 567);
}

static uint64_t *slept;

static void sleep_known(void *arg)
{
	const struct timespec t = { .tv_nsec = 20000000 };
	uint64_t start;

	(void)arg;
	for (int i = 0; i < 10; i++) {
		start = now_ns();
		syscall(SYS_nanosleep, &t, NULL);
		*slept += now_ns() - start;
	}
}

TEST(syscount, "latency is between what was slept and what was measured")
{
	struct child child;
	struct job *job;
	json_t *r;

	slept = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = child_new("sleeper", 0, sleep_known, NULL);
	job = tool_start("syscount", "-L", "-p", pid_of(child));
	child_run(&child);
	tool_stop(job);
	r = row(job, IS("syscall", "nanosleep"));
	CHECK_EQ(number(r, "count"), 10);
	CHECK_BETWEEN(200e6, number(r, "total_ns"), *slept);
}

static void call_32(void *arg)
{
	(void)arg;
	for (int i = 0; i < 300; i++)
		int80(20, 0, 0, 0, 0);		/* getpid of i386; writev of x86_64 */
	for (int i = 0; i < 100; i++)
		syscall(SYS_getpgrp);
}

TEST(syscount, "32-bit calls go by the names of their own table")
{
	struct child child;
	struct job *job;

	if (!int80_works())
		SKIP("no 32-bit system calls here");
	child = child_new("caller", 0, call_32, NULL);
	job = tool_start("syscount", "-p", pid_of(child));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(number(row(job, IS("syscall", "getpid/32")), "count"), 300);
	CHECK_EQ(rows(job, IS("syscall", "writev")), 0);
	CHECK_EQ(number(row(job, IS("syscall", "getpgrp")), "count"), 100);
}

static void call_slowly(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2000; i++) {
		syscall(SYS_getppid);
		if (i % 100 == 0)
			nap(20000000);
	}
}

TEST(syscount, "intervals lose nothing between them")
{
	struct child child = child_new("caller", 0, call_slowly, NULL);
	struct job *job = tool_start("syscount", "-i", "50ms", "-S", "getppid", "-p", pid_of(child));

	child_run(&child);
	tool_stop(job);
	CHECK(rows(job) > 2);
	CHECK_EQ(sum(job, "count"), 2000);
}

TEST(syscount, "intervals by process lose nothing either, though idle processes are forgotten")
{
	struct child child = child_new("caller", 0, call_slowly, NULL);
	struct job *job = tool_start("syscount", "-P", "-i", "10ms", "-S", "getppid", "-p", pid_of(child));

	child_run(&child);
	tool_stop(job);
	CHECK(rows(job) > 2);
	CHECK_EQ(sum(job, "count"), 2000);
}

static void call_seven_times(void *arg)
{
	(void)arg;
	for (int i = 0; i < 7; i++)
		syscall(SYS_getppid);
}

TEST(syscount, "more processes than the map holds are lost aloud: shown + lost = made")
{
	struct job *job = tool_start("syscount", "-P", "--max-entries", "10", "-S", "getppid", "-n", "ma[n]y");

	for (int i = 0; i < 50; i++) {
		struct child child = child_new("many", 0, call_seven_times, NULL);

		child_run(&child);
	}
	tool_stop(job);
	CHECK_EQ(rows(job), 10);
	CHECK_EQ(sum(job, "count") + lost(job), 50 * 7);
}

TEST(syscount, "wrong names are told")
{
	struct job *job = run("corekit", "syscount", "-S", "nonsense");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "nonsense");
	job = run("corekit", "syscount", "-e", "ENONSENSE");
	CHECK_EQ(job->status, 2);
	CHECK_HAS(job->err, "ENONSENSE");
	job = run("corekit", "syscount", "-l");
	CHECK_EQ(job->status, 0);
	CHECK_HAS(job->out, "openat2");
}
