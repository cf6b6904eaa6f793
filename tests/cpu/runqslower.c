// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "test.h"

#define MS 1000000ULL

/* A child on CPU 0 that sleeps until it is let go; it gets time to fall asleep. */
static struct child child_on_0(const char *comm, void (*work)(void *), void *arg)
{
	struct child child;

	pin(0);
	child = child_new(comm, 0, work, arg);
	nap(100 * MS);
	return child;
}

static volatile bool *over; /* shared: the hog is done */

/* Of a higher priority than all that is not real-time: nobody else runs on its CPU. */
static void hog(void *arg)
{
	REQUIRE(sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){10}) == 0);
	busy(*(uint64_t *)arg);
	*over = true;
}

/* Asks for the CPU again and again, also while the hog has it. */
static void victim(void *arg)
{
	while (!*over)
		nap(*(uint64_t *)arg);
}

TEST(runqslower, "a task that a hog of higher priority keeps from its CPU is told, with its wait")
{
	static uint64_t length = 120 * MS, rest = 2 * MS;
	struct child hogs, waits;
	struct job *job, *other;
	json_t *shown;

	over = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(over != MAP_FAILED);
	hogs = child_on_0("hog", hog, &length);
	waits = child_on_0("victim", victim, &rest);
	job = tool_start("runqslower", "-p", text("%d", waits.pid), "-m", "60ms");
	other = tool_start("runqslower", "-n", "victi", "-m", "60ms");
	if (cpus() > 1)
		pin(1);
	child_go(&waits);
	nap(20 * MS);
	child_go(&hogs);
	child_wait(&hogs);
	child_wait(&waits);
	tool_stop(job);
	tool_stop(other);
	CHECK_EQ(rows(other), 0);
	CHECK(rows(job) >= 1);
	shown = row(job, IS("pid", waits.pid), IS("tid", waits.pid), IS("comm", "victim"), IS("cpu", 0));
	CHECK(number(shown, "wait_ns") >= (long long)(60 * MS));
	CHECK_EQ(rows(job), rows(job, IS("comm", "victim")));
	CHECK_NO_LOSS(job);
}

static void busy_for(void *arg)
{
	busy(*(uint64_t *)arg);
}

static unsigned long long waited(pid_t pid, unsigned long long *times)
{
	unsigned long long ns;

	REQUIRE(sscanf(file_text(text("/proc/%d/schedstat", pid)), "%*u %llu %llu", &ns, times) == 2);
	return ns;
}

TEST(runqslower, "with --min 0 each wait is told, and they add up to the kernel's own account")
{
	uint64_t length = 300 * MS * slow();
	struct child a = child_on_0("busy-a", busy_for, &length), b = child_on_0("busy-b", busy_for, &length);
	unsigned long long after, times, more, before = waited(a.pid, &times);
	struct job *all = tool_start("runqslower", "-p", text("%d", a.pid), "-m", "0"),
		   *some = tool_start("runqslower", "-p", text("%d", a.pid), "-m", "500us");
	siginfo_t info;
	long long below = 0;
	json_t *shown;

	child_go(&a);
	child_go(&b);
	REQUIRE(!waitid(P_PID, a.pid, &info, WEXITED | WNOWAIT));
	after = waited(a.pid, &more);
	child_wait(&b);
	tool_stop(all);
	tool_stop(some);
	CHECK_BETWEEN((more - times) * SEEN_OF_SWITCHES - 2, rows(all), more - times);
	CHECK_BETWEEN((after - before) * SEEN_OF_SWITCHES - 2e6, sum(all, "wait_ns"), (after - before) * 1.05 + 2e6);
	each_row(shown, all) below += number(shown, "wait_ns") < 500000;
	each_row(shown, some) CHECK(number(shown, "wait_ns") >= 500000);
	/* Each program takes its own time. */
	CHECK_BETWEEN(rows(all) - below - 3 - rows(all) / 20.0, rows(some), rows(all) - below + 3 + rows(all) / 20.0);
}

TEST(runqslower, "what is no time is refused")
{
	struct job *job = run("corekit", "runqslower", "-d", "10ms", "-m", "soon");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
}
