// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define MS 1000000ULL
#define HOGS 3

static void hog(void *arg)
{
	pin(*(int *)arg);	/* now: entering a cgroup may undo it */
	for (;;)
		burn(1000 * MS);
}

/* As many busy processes on one CPU; each has run when they are returned. */
static void hogs_new(struct child hogs[HOGS], int cpu, bool in_groups)
{
	unsigned long long ran;

	pin(!cpu);
	for (int i = 0; i < HOGS; i++) {
		hogs[i] = child_new(text("hog-%d", i), 0, hog, &cpu);
		if (in_groups)
			cgroup_enter(cgroup_new(text("hog-%d", i)), hogs[i].pid);
		child_go(&hogs[i]);
	}
	for (int i = 0; i < HOGS; i++)
		do {
			nap(5 * MS);
			REQUIRE(sscanf(file_text(text("/proc/%d/schedstat", hogs[i].pid)), "%llu", &ran) == 1);
		} while (ran < 5 * MS);
}

static void hogs_end(struct child hogs[HOGS])
{
	for (int i = 0; i < HOGS; i++) {
		kill(hogs[i].pid, SIGKILL);
		child_wait(&hogs[i]);
	}
}

TEST(runqlen, "while one of three on a CPU runs, two or more wait")
{
	struct child hogs[HOGS];
	struct job *job, *apart, *occupied;
	uint64_t start;
	json_t *r;

	hogs_new(hogs, 0, false);
	start = now_ns();
	job = tool_start("runqlen", "-n", "hog-?");
	apart = tool_start("runqlen", "-C", "-n", "hog-?");
	occupied = tool_start("runqlen", "-O", "-C", "-n", "hog-?");
	nap(700 * MS);
	tool_stop(occupied);
	tool_stop(apart);
	tool_stop(job);
	start = now_ns() - start;
	hogs_end(hogs);
	CHECK_BETWEEN(5, sum(job, "count"), 99 * 1.1 * start / 1e9 + 5);
	each_row(r, job)
		CHECK(number(r, "length") >= HOGS - 1);
	each_row(r, apart)
	{
		CHECK(number(r, "length") >= HOGS - 1);
		CHECK_EQ(number(r, "cpu"), 0);
	}
	CHECK_EQ(rows(occupied), 1);
	r = row(occupied, IS("cpu", 0));
	CHECK(number(r, "count") >= 5);
	CHECK_EQ(number(r, "occupancy"), 100);
	CHECK_EQ(lost(job), 0);
}

TEST(runqlen, "tasks in groups of their own wait as well")
{
	struct child hogs[HOGS];
	struct job *job;
	json_t *r;

	if (access(text("%s/cpu.weight", cgroup_new("probe")), F_OK))
		SKIP("no groups for the scheduler here");
	hogs_new(hogs, 0, true);
	job = tool_start("runqlen", "-n", "hog-?");
	nap(500 * MS);
	tool_stop(job);
	hogs_end(hogs);
	CHECK(sum(job, "count") >= 5);
	each_row(r, job)
		CHECK(number(r, "length") >= HOGS - 1);
}

TEST(runqlen, "--frequency and --cpu")
{
	struct job *slow_one = tool_start("runqlen", "-F", "20", "-s", "0");
	struct job *fast = tool_start("runqlen", "-C", "-F", "500", "--cpu", "0");
	uint64_t start = now_ns();
	struct job *bad;
	json_t *r;

	nap(500 * MS);
	tool_stop(fast);
	start = now_ns() - start;
	tool_stop(slow_one);
	CHECK_BETWEEN(10, sum(fast, "count"), 500 * 1.1 * start / 1e9 + 20);
	CHECK(sum(fast, "count") > sum(slow_one, "count"));
	each_row(r, fast)
		CHECK_EQ(number(r, "cpu"), 0);
	bad = run("corekit", "runqlen", "-F", "0");
	CHECK_EQ(bad->status, 2);
	bad = run("corekit", "runqlen", "-F", "100001");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}

TEST(runqlen, "shares add up to all, and the bar is of text only")
{
	struct job *job = tool_start("runqlen", "-f", "text"), *json;
	double all = 0;
	json_t *r;

	json = tool_start("runqlen");
	nap(300 * MS);
	tool_stop(json);
	tool_stop(job);
	CHECK_HAS(job->out, "LENGTH");
	CHECK_HAS(job->out, "****");
	each_row(r, json)
	{
		all += json_number_value(json_object_get(r, "share"));
		CHECK(json_is_null(json_object_get(r, "bar")));
	}
	CHECK_BETWEEN(99.5, all, 100.01);
}
