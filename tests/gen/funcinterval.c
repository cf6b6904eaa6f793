// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "spin.h"

#define NAP   10000000ULL
#define CALLS 6

SEEN void funcinterval_often(void)
{
	seen_after++;
}

SEEN void funcinterval_seldom(void)
{
	seen_after++;
}

static void calls(void *arg)
{
	for (int i = 0; i < CALLS; i++) {
		funcinterval_often();
		if (i % 2 == 0)
			funcinterval_seldom();
		seen_nap(NAP);
	}
}

/* A call that the kernel counts as missed makes one interval of two. */
static void check(struct job *job, const char *function, int n, uint64_t each)
{
	json_t *r = row(job, IS("function", function));

	CHECK_BETWEEN(n - missed_allowed(job), number(r, "count"), n);
	CHECK_BETWEEN((n - 2 * missed_allowed(job)) * (double)each, number(r, "sum_ns"), 60e9 * slow());
}

TEST(funcinterval, "from one call of a function to its next, each function for itself, system calls too")
{
	struct seen *child = seen_new("again", calls, NULL);
	const char *pid = text("%d", child->child.pid), *file = text("/proc/%d/exe", getpid());
	struct job *job = tool_start("funcinterval", "-F", "-p", pid, text("%s:funcinterval_*", file), "sys:nanosleep"), *all;

	all = tool_start("funcinterval", "--microseconds", "-p", pid, text("%s:/^funcinterval_(often|seldom)$/", file));
	seen_run(child);
	tool_stop(job);
	tool_stop(all);
	seen_end(child);
	check(job, "funcinterval_often", CALLS - 1, NAP);
	check(job, "sys_enter_nanosleep", CALLS - 1, NAP);
	check(job, "funcinterval_seldom", CALLS / 2 - 1, 2 * NAP);
	CHECK_EQ(rows(job), 3);
	CHECK_BETWEEN(CALLS - 1 + CALLS / 2 - 1 - missed_allowed(all), number(row(all), "count"), CALLS - 1 + CALLS / 2 - 1);
	CHECK_STR(string(row(all), "unit"), "usecs");
	CHECK_NO_LOSS(job);
}

TEST(funcinterval, "what isn't there is told")
{
	needs("funcinterval");
	CHECK_EQ(run("corekit", "funcinterval")->status, 2);
	CHECK_EQ(run("corekit", "funcinterval", "t:sched:nosuch")->status, 2);
}
