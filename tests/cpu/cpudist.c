// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/wait.h>
#include "test.h"

#define MS 1000000ULL

/* The kernel's own account, /proc/PID/schedstat: ns on a CPU, ns waited for one, and times that it got one. */
struct account {
	unsigned long long ran, waited, times;
};

static struct account account_of(pid_t pid)
{
	struct account a;

	REQUIRE(sscanf(file_text(text("/proc/%d/schedstat", pid)), "%llu %llu %llu", &a.ran, &a.waited, &a.times) == 3);
	return a;
}

static struct account ended(struct child *child)
{
	siginfo_t info;

	REQUIRE(!waitid(P_PID, child->pid, &info, WEXITED | WNOWAIT));
	return account_of(child->pid);
}

static struct child child_on_0(const char *comm, void (*work)(void *))
{
	struct child child;

	pin(0);
	child = child_new(comm, 0, work, NULL);
	nap(300 * MS);
	return child;
}

static long long buckets(const json_t *row, long long from, long long to)
{
	json_t *bucket;
	long long n = 0;
	size_t i;

	json_array_foreach(json_object_get(row, "hist"), i, bucket)
		if (number(bucket, "from") >= from && number(bucket, "to") <= to)
			n += number(bucket, "count");
	return n;
}

#define TURNS 20
#define SEEN (TURNS * 7 / 10) /* at least: on one kernel a few switches have no program called, see softirqs.c */

/* Runs 10 ms, sleeps 20 ms, in turns. */
static void turns(void *arg)
{
	(void)arg;
	for (int i = 0; i < TURNS; i++) {
		burn(10 * MS);
		nap(20 * MS);
	}
}

TEST(cpudist, "on and off CPU agree with what a task did, and with the kernel's own account")
{
	struct child child = child_on_0("turner", turns);
	const char *pid = text("%d", child.pid);
	struct job *on = tool_start("cpudist", "-p", pid), *off = tool_start("cpudist", "-O", "-p", pid);
	struct job *ms = tool_start("cpudist", "-O", "-m", "-p", pid);
	struct account before = account_of(child.pid), after;
	uint64_t start = now_ns(), wall;
	double ran, unseen;
	json_t *r;

	child_go(&child);
	after = ended(&child);
	wall = now_ns() - start;
	tool_stop(on);
	tool_stop(off);
	tool_stop(ms);
	r = row(on);
	ran = after.ran - before.ran;
	CHECK_EQ(rows(on), 1);
	CHECK(ran >= TURNS * 9.9e6);
	/* the kernel's account leaves out what a hypervisor took; of a switch that goes unseen what is off counts as on */
	unseen = (double)(after.times - before.times) - number(r, "count");
	unseen = unseen > 0 ? unseen : 0;
	CHECK_BETWEEN(ran * 0.75, number(r, "sum_ns"), ran * 1.3 + (20e6 + 25e6 * unseen) * slow());
	CHECK_BETWEEN(SEEN, number(r, "count"), after.times - before.times + 2);
	r = row(off);
	CHECK_BETWEEN(SEEN, number(r, "count"), after.times - before.times + 2);
	/* asleep at least 20 ms each time, and all of it within the time that passed, with the wait to be let go */
	CHECK_BETWEEN(SEEN * 20e6, number(r, "sum_ns"), wall + 60e9);
	/* in one stint, unless it lost its CPU after the clock was set and before it slept */
	CHECK(buckets(r, 16384, 1LL << 40) >= TURNS / 2);
	CHECK_STR(string(r, "unit"), "usecs");
	r = row(ms);
	CHECK_STR(string(r, "unit"), "msecs");
	CHECK(buckets(r, 16, 1LL << 40) >= TURNS / 2);
	CHECK_EQ(lost(on) + lost(off), 0);
}

static void hog(void *arg)
{
	(void)arg;
	burn(300 * MS);
}

TEST(cpudist, "two that share a CPU are on it in turns: each one's time on is the other's off")
{
	struct child a = child_on_0("hog-a", hog), b = child_on_0("hog-b", hog);
	struct job *on = tool_start("cpudist", "-P", "-n", "hog-?"), *off = tool_start("cpudist", "-O", "-L", "-n", "hog-?");
	struct account before[2], after[2];
	double ran, waited;

	before[0] = account_of(a.pid);
	before[1] = account_of(b.pid);
	child_go(&a);
	child_go(&b);
	after[0] = ended(&a);
	after[1] = ended(&b);
	tool_stop(on);
	tool_stop(off);
	CHECK_EQ(rows(on), 2);
	CHECK_EQ(rows(off), 2);
	for (int i = 0; i < 2; i++) {
		pid_t pid = i ? b.pid : a.pid;

		ran = after[i].ran - before[i].ran;
		waited = after[i].waited - before[i].waited;
		CHECK_STR(string(row(on, IS("pid", pid)), "comm"), i ? "hog-b" : "hog-a");
		CHECK_STR(string(row(off, IS("tid", pid)), "comm"), i ? "hog-b" : "hog-a");
		CHECK_BETWEEN(ran * 0.7 - 2e6, number(row(on, IS("pid", pid)), "sum_ns"), ran * 1.3 + 50e6 * slow());
		/* the first time off, with its wait, began before the tool did: it may be the longest */
		CHECK(number(row(off, IS("tid", pid)), "sum_ns") >= waited * 0.3 - 20e6);
		CHECK(waited > 50 * MS);
	}
}

/* Ticks of the clock that the CPUs were idle. */
static long long idle_ticks(void)
{
	long long ticks = 0;

	REQUIRE(sscanf(file_text("/proc/stat"), "cpu %*d %*d %*d %lld", &ticks) == 1);
	return ticks;
}

TEST(cpudist, "idle CPUs are left out, and counted with -I")
{
	struct job *plain = tool_start("cpudist", "-L"), *idle = tool_start("cpudist", "-L", "-I"), *off;
	long long ticks;

	off = tool_start("cpudist", "-L", "-I", "-O");
	ticks = idle_ticks();
	for (int i = 0; i < 40; i++)
		nap(5 * MS);
	ticks = idle_ticks() - ticks;
	tool_stop(off);
	tool_stop(idle);
	tool_stop(plain);
	CHECK_EQ(rows(plain, IS("tid", 0)), 0);
	CHECK(rows(plain) > 0);
	/* a busy machine may never be idle meanwhile */
	if (ticks > 10) {
		CHECK(sum(idle, "sum_ns", IS("tid", 0)) > 0);
		CHECK(sum(off, "sum_ns", IS("tid", 0)) > 0);
	}
}

TEST(cpudist, "the cgroup filter is on the task whose time it is, on the CPU and off it")
{
	const char *group = cgroup_new("times");
	struct child in = child_on_0("inside", turns), out = child_on_0("outside", turns);
	struct job *on, *off;

	cgroup_enter(group, in.pid);
	nap(100 * MS);
	on = tool_start("cpudist", "-P", "-c", group);
	off = tool_start("cpudist", "-P", "-O", "-c", group);
	child_go(&in);
	child_go(&out);
	ended(&in);
	ended(&out);
	tool_stop(on);
	tool_stop(off);
	CHECK_EQ(rows(on), 1);
	CHECK(number(row(on, IS("pid", in.pid)), "sum_ns") >= TURNS * 7e6);
	CHECK_EQ(rows(off), 1);
	CHECK(number(row(off, IS("pid", in.pid)), "sum_ns") >= SEEN * 20e6);
}
