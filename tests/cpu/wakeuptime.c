// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "spin.h"

#define MS 1000000ULL
#define TIMES 4

static int pair[2];

static void sleeper(void *arg)
{
	char c;

	for (int i = 0; i < TIMES; i++)
		REQUIRE(read(pair[0], &c, 1) == 1);
}

SEEN void wakeup_by_pipe(void)
{
	char c = 0;

	seen_call(SYS_write, pair[1], (long)&c, 1);
	seen_after++;
}

static void waker(void *arg)
{
	for (int i = 0; i < TIMES; i++) {
		nap(60 * MS);
		wakeup_by_pipe();
	}
}

TEST(wakeuptime, "how long one slept until another woke it, with the waker's stack")
{
	struct seen *asleep, *awake;
	struct job *job, *own, *folded;
	json_t *r;
	long long count = 0, total = 0;

	REQUIRE(pipe2(pair, O_CLOEXEC) == 0);
	asleep = seen_new("asleep", sleeper, NULL);
	awake = seen_new("awake", waker, NULL);
	job = tool_start("wakeuptime", "-p", text("%d", asleep->child.pid));
	setenv("COREKIT_WITHOUT", "tp_btf", 1);
	own = tool_start("wakeuptime", "-U", "-m", "1ms", "-n", "asleep");
	folded = tool_start("wakeuptime", "-f", "text", "--folded", "-n", "asleep");
	child_go(&asleep->child);
	seen_run(awake);
	tool_stop(job);
	tool_stop(own);
	tool_stop(folded);
	seen_end(awake);
	seen_end(asleep);
	each_row(r, job) {
		CHECK_EQ(json_array_size(json_object_get(json_object_get(r, "stack"), "user")), 0);
		if (strcmp(string(r, "waker"), "awake"))
			continue;
		CHECK_EQ(number(r, "pid"), asleep->child.pid);
		CHECK_STR(string(r, "comm"), "asleep");
		CHECK(stack_has(r, "kernel", "try_to_wake_up"));
		count += number(r, "count");
		total += number(r, "total_ns");
	}
	/* it may be late itself, and find what it waits for there already; but not the first time */
	CHECK_BETWEEN(1, count, TIMES);
	CHECK_BETWEEN(50 * MS, total, TIMES * 60 * 1.05 * MS + 2000 * MS * slow());
	CHECK_EQ(stack_sum(own, "count", "user", "wakeup_by_pipe"), sum(own, "count", IS("waker", "awake")));
	CHECK(sum(own, "count", IS("waker", "awake")) > 0);
	CHECK_HAS(folded->out, "awake;");
	CHECK_HAS(folded->out, ";asleep ");
	CHECK_NO_LOSS(job);
}
