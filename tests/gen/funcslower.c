// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "spin.h"

#define NAP  20000000ULL
#define MANY 50

SEEN long funcslower_naps(long n, long ns)
{
	if (ns)
		seen_nap(ns);
	seen_after++;
	return n - 5;
}

SEEN long funcslower_outer(long n)
{
	long ret = funcslower_naps(n, NAP);

	seen_after++;
	return ret * 2;
}

static void calls(void *arg)
{
	for (int i = 0; i < MANY; i++)
		funcslower_naps(1000, 0);
	for (int i = 0; i < 3; i++)
		funcslower_naps(i, NAP);
	funcslower_outer(4);
}

TEST(funcslower, "slow calls with arguments, what they returned and their stacks; calls in one another")
{
	struct seen *child = seen_new("slow", calls, NULL);
	const char *pid = text("%d", child->child.pid), *file = text("/proc/%d/exe", getpid());
	struct job *job = tool_start("funcslower", "-m", "15", "-A", "2", "-p", pid, text("%s:funcslower_*", file)), *one;
	json_t *r;

	setenv("COREKIT_WITHOUT", "multi", 1);
	one = tool_start("funcslower", "--min", "20ms", "-S", "-p", pid, text("%s:/^funcslower_(naps|outer)$/", file));
	unsetenv("COREKIT_WITHOUT");
	seen_run(child);
	tool_stop(job);
	tool_stop(one);
	seen_end(child);
	for (int i = 0; i < 3; i++)
		CHECK_ROWS(job, 1, IS("function", "funcslower_naps"), IS("returned", i - 5), IS("args", text("0x%x 0x%llx", i, NAP)));
	CHECK_ROWS(job, 1, IS("function", "funcslower_naps"), IS("returned", -1));
	CHECK_ROWS(job, 1, IS("function", "funcslower_outer"), IS("returned", -2));
	each_row(r, job)
		CHECK_BETWEEN(15000000, number(r, "latency_ns"), 60e9 * slow());
	/* a busy machine may stop a quick one, but not all of them */
	CHECK_BETWEEN(0, rows(job, IS("returned", 995)), MANY - 1);
	CHECK_ROWS(one, 4, IS("function", "funcslower_naps"), IS("args", NOTHING));
	each_row(r, one, IS("returned", -2))
		CHECK(stack_has(r, "user", "calls"));
	CHECK_NO_LOSS(job);
}

TEST(funcslower, "functions of the kernel, or what it says that can't have them; what is wrong is told")
{
	struct seen *child;
	struct job *job;

	needs("funcslower");
	CHECK_EQ(run("corekit", "funcslower", "t:sched:sched_switch")->status, 2);
	CHECK_EQ(run("corekit", "funcslower", "-A", "6", "c:usleep")->status, 2);
	if (access("/sys/bus/event_source/devices/kprobe/type", F_OK)) {
		CHECK_EQ(run("corekit", "funcslower", "vfs_read", "-d", "100ms")->status, 3);
		return;
	}
	child = seen_new("slow", calls, NULL);
	job = tool_start("funcslower", "-m", "20", "-p", text("%d", child->child.pid), "hrtimer_nanosleep");
	seen_run(child);
	tool_stop(job);
	seen_end(child);
	CHECK_ROWS(job, 4, IS("function", "hrtimer_nanosleep"), IS("returned", 0));
}
