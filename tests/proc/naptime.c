// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include "test.h"

#define MS 1000000LL

static void on_alarm(int signal)
{
	(void)signal;
}

static struct timespec from_now(clockid_t clock, long ns)
{
	struct timespec t;

	REQUIRE(clock_gettime(clock, &t) == 0);
	t.tv_nsec += ns;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static void sleeps(void *arg)
{
	struct timespec one = {0, 12345678}, two = {0, 3 * MS}, wrong = {0, 1000000000}, negative = {-1, 0},
			past = {1, 0}, until;
	/* More than once: the first may come before the sleep. */
	struct itimerval often = {{0, 50000}, {0, 50000}}, never = {};
	struct sigaction action = {.sa_handler = on_alarm};

	(void)arg;
	syscall(SYS_nanosleep, &one, NULL);
	syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &two, NULL);
	until = from_now(CLOCK_MONOTONIC, 60000 * MS);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	CHECK(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == -1 && errno == EINTR);
	until = from_now(CLOCK_REALTIME, 50000 * MS);
	setitimer(ITIMER_REAL, &often, NULL);
	CHECK(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) == -1 && errno == EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
	syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL);
	CHECK(syscall(SYS_nanosleep, &wrong, NULL) == -1 && errno == EINVAL);
	CHECK(syscall(SYS_nanosleep, &negative, NULL) == -1 && errno == EINVAL);
}

TEST(naptime, "each sleep is shown once, with the time that was asked for, its clock and the parent")
{
	struct child child = child_new("napper", 0, sleeps, NULL);
	const char *pid = text("%d", child.pid);
	struct job *job = tool_start("naptime", "-p", pid),
		   *some = tool_start("naptime", "-p", pid, "-m", "3ms", "-M", "20ms");
	long long left;

	child_run(&child);
	tool_stop(job);
	tool_stop(some);
	CHECK_EQ(rows(job), 5);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "napper"), IS("ppid", getpid())), 5);
	CHECK_EQ(rows(job, IS("sleep_ns", 12345678), IS("clock", "monotonic")), 1);
	CHECK_EQ(rows(job, IS("sleep_ns", 3 * MS), IS("clock", "boottime")), 1);
	/* a program's clock may be some microseconds behind that of clock_gettime() */
	left = number(row(job, IS("clock", "realtime")), "sleep_ns");
	CHECK_BETWEEN(50000 * MS - 5000 * MS * slow(), left, 50001 * MS);
	CHECK_EQ(rows(job, IS("sleep_ns", 0)), 1);
	CHECK(sum(job, "sleep_ns", IS("clock", "monotonic")) - 12345678 > 60000 * MS - 5000 * MS * slow());
	CHECK(sum(job, "sleep_ns", IS("clock", "monotonic")) - 12345678 <= 60001 * MS);
	CHECK_EQ(rows(some), 2);
	CHECK_NO_LOSS(job);
}

static void sleep_32(void *arg)
{
	int32_t *time = low(4096);

	(void)arg;
	time[0] = 0;
	time[1] = 7 * MS;
	CHECK_EQ(int80(162, (long)time, 0, 0, 0), 0); /* nanosleep */
}

TEST(naptime, "sleeps of 32-bit programs are read as such")
{
	struct child child;
	struct job *job;

	if (!int80_works())
		SKIP("this kernel takes no 32-bit system calls");
	child = child_new(NULL, 0, sleep_32, NULL);
	job = tool_start("naptime", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("sleep_ns", 7 * MS)), 1);
}

TEST(naptime, "what is no time is refused")
{
	CHECK_EQ(run("corekit", "naptime", "-d", "10ms", "-m", "long")->status, 2);
	CHECK_EQ(run("corekit", "naptime", "-d", "10ms", "-M", "-1")->status, 2);
}
