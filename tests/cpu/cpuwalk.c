// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define MS 1000000ULL

static void on_cpu(void *arg)
{
	pin(*(int *)arg);
	burn(400 * MS);
}

TEST(cpuwalk, "a process is seen on the CPU that it is bound to, and on no other")
{
	for (int cpu = 0; cpu < 2; cpu++) {
		struct child child = child_new("walker", 0, on_cpu, &cpu);
		struct job *job = tool_start("cpuwalk", "-p", text("%d", child.pid), "-F", "200");
		long long count;

		child_run(&child);
		tool_stop(job);
		count = sum(job, "count", IS("cpu", cpu));
		/* one sample each 5 ms that it ran, fewer where timers come late; in the moment before it was bound it may have been elsewhere */
		CHECK_BETWEEN(3, count, 400 * slow());
		CHECK_BETWEEN(0, sum(job, "count") - count, 2);
	}
}

TEST(cpuwalk, "idle CPUs are counted with -I only; shares add up to all")
{
	struct job *all = tool_start("cpuwalk", "-I"), *busy_ones = tool_start("cpuwalk");
	double share = 0;
	json_t *r;

	nap(500 * MS);
	tool_stop(busy_ones);
	tool_stop(all);
	CHECK(sum(all, "count") >= 4);
	/* Where no CPU is ever idle both see the same, but neither sees itself, and timers come late. */
	CHECK(sum(all, "count") * 1.3 + 10 >= sum(busy_ones, "count"));
	each_row(r, all)
		share += json_number_value(json_object_get(r, "share"));
	CHECK_BETWEEN(99.5, share, 100.01);
	CHECK_EQ(run("corekit", "cpuwalk", "-F", "0")->status, 2);
}
