// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include "spin.h"

#define CALLS 5
#define NAP 20000000ULL
#define DEEP 40

static jmp_buf out;

SEEN void funclatency_naps(void)
{
	seen_nap(NAP);
	seen_after++;
}

/* Each call takes what the ones in it take. */
SEEN void funclatency_again(int n)
{
	if (n)
		funclatency_again(n - 1);
	else
		seen_nap(NAP);
	seen_after++;
}

SEEN void funclatency_leaves(void)
{
	seen_after++;
	longjmp(out, 1);
}

SEEN void funclatency_jumps(void)
{
	if (!setjmp(out))
		funclatency_leaves();
	seen_after++;
}

SEEN void funclatency_deep(int n)
{
	if (n)
		funclatency_deep(n - 1);
	if (!n || n == DEEP - 1)	/* the innermost, and the outermost when the others have returned */
		seen_nap(NAP);
	seen_after++;
}

static void calls(void *arg)
{
	for (int i = 0; i < CALLS; i++)
		funclatency_naps();
	funclatency_again(3);
	for (int i = 0; i < DEEP; i++)
		funclatency_jumps();
	funclatency_naps();
}

static void deep(void *arg)
{
	funclatency_deep(DEEP - 1);
}

TEST(funclatency, "calls of each function: how long, how many, in one another, and after some that never returned")
{
	struct seen *child = seen_new("timed", calls, NULL);
	const char *pid = text("%d", child->child.pid), *file = text("/proc/%d/exe", getpid());
	struct job *job = tool_start("funclatency", "-F", "-p", pid, text("%s:funclatency_*", file)), *one, *bars;
	json_t *r;

	setenv("COREKIT_WITHOUT", "multi", 1);
	one = tool_start("funclatency", "--microseconds", "-p", pid, "--min", "10ms", text("%s:/^funclatency_(naps|jumps)$/", file));
	unsetenv("COREKIT_WITHOUT");
	bars = tool_start("funclatency", "-m", "-p", pid, "-f", "text", text("%s:funclatency_naps", file));
	seen_run(child);
	tool_stop(job);
	tool_stop(one);
	job_end(bars, SIGINT);
	seen_end(child);
	r = row(job, IS("function", "funclatency_naps"));
	CHECK_BETWEEN(CALLS + 1 - missed_allowed(job), number(r, "count"), CALLS + 1);
	CHECK(number(r, "sum_ns") >= number(r, "count") * (long long)NAP);
	r = row(job, IS("function", "funclatency_again"));
	CHECK_BETWEEN(4 - missed_allowed(job), number(r, "count"), 4);
	CHECK(number(r, "sum_ns") >= number(r, "count") * (long long)NAP);
	CHECK_BETWEEN(DEEP - missed_allowed(job), number(row(job, IS("function", "funclatency_jumps")), "count"), DEEP);
	CHECK_EQ(rows(job, IS("function", "funclatency_leaves")), 0);
	CHECK_NO_LOSS(one);
	CHECK(sum(one, "count") >= CALLS + 1 - missed_allowed(one));
	CHECK_EQ(rows(one), 1);
	CHECK_HAS(bars->out, text("count: %d\n", CALLS + 1));
	CHECK_HAS(bars->out, "avg = ");
	CHECK_NO_LOSS(job);
}

TEST(funclatency, "calls that are too deep are counted as lost; what can't be timed is told")
{
	static const char *const bad[] = {"t:sched:sched_switch", "c:malloc%return", "vfs_read+4"};
	struct seen *child = seen_new("deep", deep, NULL);
	struct job *job = tool_start("funclatency", "-p", text("%d", child->child.pid), text("%d:funclatency_deep", getpid()));

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	CHECK_BETWEEN(32 - missed_allowed(job), number(row(job), "count"), 32);
	CHECK(number(row(job), "sum_ns") >= (number(row(job), "count") + 1 - missed_allowed(job)) * (long long)NAP);
	CHECK_EQ(lost(job) - missed_allowed(job), DEEP - 32);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "funclatency", bad[i], "-d", "100ms");
		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1))
			fprintf(stderr, "  %s: %s", bad[i], job->err);
	}
}

static void forks(void *arg)
{
	for (int i = 0; i < CALLS; i++)
		seen_nap(NAP);
}

TEST(funclatency, "functions of the kernel, one and several")
{
	struct seen *child;
	struct job *job, *some;

	needs("funclatency");
	if (access("/sys/bus/event_source/devices/kprobe/type", F_OK)) {
		CHECK_EQ(run("corekit", "funclatency", "hrtimer_nanosleep", "-d", "100ms")->status, 3);
		return;
	}
	child = seen_new("kernel", forks, NULL);
	job = tool_start("funclatency", "-p", text("%d", child->child.pid), "hrtimer_nanosleep");
	some = tool_start("funclatency", "-F", "-p", text("%d", child->child.pid), "hrtimer_nanosle*", "do_nanoslee?");
	seen_run(child);
	tool_stop(job);
	tool_stop(some);
	seen_end(child);
	CHECK_BETWEEN(CALLS - missed_allowed(job), sum(job, "count"), CALLS);
	CHECK(sum(job, "sum_ns") >= sum(job, "count") * (long long)NAP);
	CHECK_BETWEEN(CALLS - missed_allowed(some), sum(some, "count", IS("function", "hrtimer_nanosleep")), CALLS);
	CHECK_BETWEEN(CALLS - missed_allowed(some), sum(some, "count", IS("function", "do_nanosleep")), CALLS);
}
