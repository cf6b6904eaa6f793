// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/futex.h>
#include "spin.h"

#define MS 1000000ULL
#define TIMES 3

static int futexes[2];

/* By an absolute time, as pthread_mutex_timedlock() does it. */
SEEN void futexctn_waits_b(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += 100 * MS;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	syscall(SYS_futex, &futexes[1], FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, &ts, NULL, FUTEX_BITSET_MATCH_ANY);
	seen_after++;
}

SEEN void futexctn_calls_b(void)
{
	futexctn_waits_b();
	seen_after++;
}

/* The value is another one: it returns at once. */
SEEN void futexctn_changed(void)
{
	syscall(SYS_futex, &futexes[1], FUTEX_WAIT_PRIVATE, 17, NULL, NULL, 0);
	seen_after++;
}

static void waits(void *arg)
{
	for (int i = 0; i < TIMES; i++) {
		futexctn_calls_b();
		futexctn_changed();
	}
}

TEST(futexctn, "how long each lock was waited for, from where, and what returned at once is not counted")
{
	struct seen *child = seen_new("waits", waits, NULL);
	struct job *job = tool_start("futexctn", "-p", text("%d", child->child.pid)), *summary, *other, *dist;
	long long total;

	summary = tool_start("futexctn", "-s", "-L", "-p", text("%d", child->child.pid), "-l", text("%#lx", (long)&futexes[1]));
	other = tool_start("futexctn", "-p", text("%d", child->child.pid), "-l", text("%#lx", (long)&futexes[0]));
	dist = tool_start("futexctn", "-D", "-m", "-p", text("%d", child->child.pid), "-l", text("%#lx", (long)&futexes[1]));
	seen_run(child);
	tool_stop(job);
	tool_stop(summary);
	tool_stop(other);
	tool_stop(dist);
	seen_end(child);
	total = stack_sum(job, "total_ns", "user", "futexctn_calls_b");
	CHECK_BETWEEN(TIMES * 95 * MS, total, TIMES * 105 * MS + 1000 * MS * slow());
	CHECK_EQ(stack_sum(job, "count", "user", "futexctn_calls_b"), TIMES);
	CHECK_EQ(stack_sum(job, "count", "user", "futexctn_changed"), 0);
	CHECK_EQ(rows(summary), 1);
	CHECK_EQ(number(row(summary), "count"), TIMES);
	CHECK_EQ(number(row(summary), "tid"), child->child.pid);
	CHECK(number(row(summary), "max_ns") >= (long long)(95 * MS));
	CHECK(number(row(summary), "avg") <= number(row(summary), "max_ns"));
	CHECK_EQ(number(row(summary), "avg"), number(row(summary), "total_ns") / TIMES);
	CHECK_EQ(rows(other), 0);
	CHECK_EQ(rows(dist), 1);
	CHECK_EQ(number(row(dist), "count"), TIMES);
	CHECK_STR(string(row(dist), "comm"), "waits");
	CHECK_NO_LOSS(job);
	CHECK_EQ(run("corekit", "futexctn", "-l", "x", "-d", "100ms")->status, 2);
}
