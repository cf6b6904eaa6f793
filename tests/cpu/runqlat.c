// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sched.h>
#include <sys/wait.h>
#include "test.h"

#define MS 1000000ULL

static long long buckets(const json_t *row, long long from, long long to)
{
	long long n = 0;
	size_t i;
	json_t *bucket;

	json_array_foreach(json_object_get(row, "hist"), i, bucket)
		if (number(bucket, "from") >= from && number(bucket, "to") <= to)
			n += number(bucket, "count");
	return n;
}

/* The kernel's own account, /proc/PID/schedstat: ns waited, and times that it got a CPU. */
struct account {
	unsigned long long waited, ran;
};

static struct account account_of(pid_t pid)
{
	char *stat = file_text(text("/proc/%d/schedstat", pid));
	struct account a;

	REQUIRE(stat && sscanf(stat, "%*u %llu %llu", &a.waited, &a.ran) == 2);
	return a;
}

/*
 * A child on CPU 0 that sleeps until it is let go.  It inherits the CPU: the kernel's account
 * is off for a sleeper that is moved.  It gets time to fall asleep: one that still waits for
 * its CPU when the tool starts would have a wait that is half seen.
 */
static struct child child_on_0(const char *comm, void (*work)(void *))
{
	struct child child;

	pin(0);
	child = child_new(comm, 0, work, NULL);
	nap(300 * MS);
	return child;
}

/* Ended, but with its account still there. */
static struct account ended(struct child *child)
{
	siginfo_t info;

	REQUIRE(!waitid(P_PID, child->pid, &info, WEXITED | WNOWAIT));
	return account_of(child->pid);
}

/* The kernel's count, or a little less: SEEN_OF_SWITCHES says why. Both are not read at the same moment: or two more. */
#define CHECK_WAITS(count, ran) CHECK_BETWEEN((ran) * SEEN_OF_SWITCHES - 2, count, (ran) + 2)

static void hog(void *arg)
{
	(void)arg;
	busy(400 * MS * slow());
}

TEST(runqlat, "waits of two busy processes on one CPU agree with the kernel's own account")
{
	struct child child[2] = { child_on_0("hog-a", hog), child_on_0("hog-b", hog) };
	struct account before[2] = { account_of(child[0].pid), account_of(child[1].pid) }, after[2];
	struct job *job = tool_start("runqlat", "-P", "-n", "hog-?");
	json_t *r;

	for (int i = 0; i < 2; i++)
		child_go(&child[i]);
	for (int i = 0; i < 2; i++)
		after[i] = ended(&child[i]);
	tool_stop(job);
	for (int i = 0; i < 2; i++) {
		double waited = after[i].waited - before[i].waited;

		r = row(job, IS("pid", child[i].pid));
		CHECK_STR(string(r, "comm"), i ? "hog-b" : "hog-a");
		CHECK_WAITS(number(r, "count"), after[i].ran - before[i].ran);
		CHECK_BETWEEN(waited * SEEN_OF_SWITCHES - 2e6, number(r, "sum_ns"), waited * 1.05 + 2e6);
		CHECK(waited > 50 * MS);	/* or this has not tested anything */
	}
	CHECK_EQ(rows(job), 2);
	CHECK_NO_LOSS(job);
}

TEST(runqlat, "--milliseconds and microseconds tell the same waits")
{
	struct child a = child_on_0("hog-a", hog), b = child_on_0("hog-b", hog);
	struct job *ms = tool_start("runqlat", "-m", "-p", text("%d,%d", a.pid, b.pid));
	struct job *us = tool_start("runqlat", "-p", text("%d,%d", a.pid, b.pid));
	json_t *in_ms, *in_us;

	child_go(&a);
	child_go(&b);
	child_wait(&a);
	child_wait(&b);
	tool_stop(ms);
	tool_stop(us);
	in_ms = row(ms);
	in_us = row(us);
	CHECK_STR(string(in_ms, "unit"), "msecs");
	CHECK_STR(string(in_us, "unit"), "usecs");
	CHECK_BETWEEN(number(in_us, "count") * 0.95 - 1, number(in_ms, "count"), number(in_us, "count") * 1.05 + 1);
	CHECK_BETWEEN(number(in_us, "sum_ns") * 0.95, number(in_ms, "sum_ns"), number(in_us, "sum_ns") * 1.05 + 1e6);
	CHECK_EQ(buckets(in_us, 0, 1LL << 40), number(in_us, "count"));
}

static void sleeper(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50; i++)
		nap(2 * MS);
}

TEST(runqlat, "each wake-up from sleep is one wait, by thread and by namespace as well")
{
	struct child child = child_on_0("sleeper", sleeper);
	struct account before = account_of(child.pid), after;
	struct job *tid = tool_start("runqlat", "-L", "-t", text("%d", child.pid));
	struct job *ns = tool_start("runqlat", "--pidnss", "-t", text("%d", child.pid));
	unsigned long long inode;
	char link[64] = "";

	child_go(&child);
	after = ended(&child);
	tool_stop(tid);
	tool_stop(ns);
	CHECK(after.ran - before.ran >= 20);
	CHECK_NO_LOSS(tid);
	CHECK_NO_LOSS(ns);
	CHECK_WAITS(number(row(tid, IS("tid", child.pid)), "count"), after.ran - before.ran);
	REQUIRE(readlink("/proc/self/ns/pid", link, sizeof(link) - 1) > 0);
	REQUIRE(sscanf(link, "pid:[%llu]", &inode) == 1);
	CHECK_WAITS(number(row(ns, IS("pidns", (long long)inode)), "count"), after.ran - before.ran);
}

TEST(runqlat, "percentiles are in order and within a sixteenth")
{
	struct child a = child_on_0("hog-a", hog), b = child_on_0("hog-b", hog);
	struct job *job = tool_start("runqlat", "--percentiles", "-p", text("%d,%d", a.pid, b.pid));
	json_t *r;

	child_go(&a);
	child_go(&b);
	child_wait(&a);
	child_wait(&b);
	tool_stop(job);
	r = row(job);
	CHECK(number(r, "p50") <= number(r, "p90") && number(r, "p90") <= number(r, "p99"));
	CHECK(number(r, "p99") <= number(r, "max"));
	CHECK_EQ(buckets(r, 0, number(r, "max")), number(r, "count"));
	CHECK(buckets(r, 0, number(r, "p50")) * 2 >= number(r, "count"));
}

TEST(runqlat, "the cgroup filter is on the task that waits, not on who wakes it")
{
	const char *group = cgroup_new("waits");
	struct child in = child_on_0("inside", sleeper), out = child_on_0("outside", sleeper);
	struct account before, after;
	struct job *job;

	cgroup_enter(group, in.pid);
	nap(300 * MS);
	job = tool_start("runqlat", "-P", "-c", group);
	before = account_of(in.pid);
	child_go(&in);
	child_go(&out);
	after = ended(&in);
	child_wait(&out);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_WAITS(number(row(job, IS("pid", in.pid)), "count"), after.ran - before.ran);
}
