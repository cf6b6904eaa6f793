// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/wait.h>
#include "spin.h"

#define MS 1000000ULL

SEEN void offcpu_sleeps_a(uint64_t ns)
{
	seen_nap(ns);
	seen_after++;
}

SEEN void offcpu_sleeps_b(uint64_t ns)
{
	seen_nap(ns);
	seen_after++;
}

static void sleeper(void *arg)
{
	for (int i = 0; i < 4; i++) {
		offcpu_sleeps_a(100 * MS);
		offcpu_sleeps_b(200 * MS);
	}
}

/* In an emulated machine all of them; test.h says why not on this one. */
#define SEEN_HERE (slow() > 1 ? 1 : SEEN_OF_SWITCHES)
#define CHECK_TIMES(job, function, n) CHECK_BETWEEN((n) * SEEN_HERE, stack_sum(job, "count", "user", function), n)

/*
 * What was slept, and not more than a busy machine makes of it. A task may be stopped between setting its timer and
 * leaving the CPU, so it can be less, too.
 */
static void check_slept(struct job *job, const char *function, long long ms)
{
	long long ns = stack_sum(job, "total_ns", "user", function);

	CHECK_BETWEEN(ms * 0.95 * SEEN_HERE * MS - 30 * MS * slow(), ns, ms * 1.05 * MS + 1000 * MS * slow());
}

TEST(offcputime, "what a program slept is at the function that slept, with the kernel's part of the stack")
{
	struct seen *child = seen_new("sleeper", sleeper, NULL);
	struct job *job = tool_start("offcputime", "-p", text("%d", child->child.pid)), *hash;
	json_t *r;

	setenv("COREKIT_WITHOUT", "tp_btf", 1);		/* the way of older kernels */
	hash = tool_start("offcputime", "-L", "-p", text("%d", child->child.pid));
	seen_run(child);
	tool_stop(job);
	tool_stop(hash);
	seen_end(child);
	check_slept(job, "offcpu_sleeps_a", 400);
	check_slept(job, "offcpu_sleeps_b", 800);
	check_slept(hash, "offcpu_sleeps_a", 400);
	CHECK_TIMES(job, "offcpu_sleeps_a", 4);
	CHECK_TIMES(job, "offcpu_sleeps_b", 4);
	CHECK_EQ(rows(job, IS("pid", child->child.pid), IS("comm", "sleeper")), rows(job));
	CHECK_EQ(rows(hash, IS("tid", child->child.pid)), rows(hash));
	each_row(r, job)
		if (stack_has(r, "user", "offcpu_sleeps_a")) {
			CHECK(stack_has(r, "kernel", "schedule"));
			CHECK(!stack_has(r, "user", "offcpu_sleeps_b"));
		}
	CHECK_NO_LOSS(job);
}

TEST(offcputime, "waits that are too short or too long are left out, and those in another state")
{
	struct seen *child = seen_new("chosen", sleeper, NULL);
	struct job *shorter = tool_start("offcputime", "-m", "150ms", "-p", text("%d", child->child.pid)), *longer, *state, *kernel, *own;
	json_t *r;

	longer = tool_start("offcputime", "-M", "1ms", "-p", text("%d", child->child.pid));
	state = tool_start("offcputime", "--state", "1", "-p", text("%d", child->child.pid));
	kernel = tool_start("offcputime", "--kernel-threads-only", "-p", text("%d", child->child.pid));
	own = tool_start("offcputime", "--user-threads-only", "-U", "-p", text("%d", child->child.pid));
	seen_run(child);
	tool_stop(shorter);
	tool_stop(longer);
	tool_stop(state);
	tool_stop(kernel);
	tool_stop(own);
	seen_end(child);
	CHECK_TIMES(shorter, "offcpu_sleeps_b", 4);
	each_row(r, shorter)
		CHECK(number(r, "total_ns") >= number(r, "count") * 150 * (long long)MS);
	each_row(r, longer)
		CHECK(number(r, "total_ns") <= number(r, "count") * (long long)MS);
	CHECK_EQ(stack_sum(longer, "count", "user", "offcpu_sleeps_a"), 0);
	CHECK_EQ(stack_sum(longer, "count", "user", "offcpu_sleeps_b"), 0);
	CHECK_TIMES(state, "offcpu_sleeps_a", 4);
	CHECK_EQ(rows(kernel), 0);
	CHECK_TIMES(own, "offcpu_sleeps_a", 4);
	CHECK_EQ(stack_sum(own, "count", "kernel", "schedule"), 0);
	needs("offcputime");
	CHECK_EQ(run("corekit", "offcputime", "-m", "2ms", "-M", "1ms", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "offcputime", "--user-threads-only", "--kernel-threads-only", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "offcputime", "--state", "x", "-d", "100ms")->status, 2);
}

TEST(offcputime, "threads of the kernel have a stack of the kernel only")
{
	struct job *job = tool_start("offcputime", "--kernel-threads-only");
	json_t *r;

	nap(300 * MS);
	tool_stop(job);
	CHECK(rows(job) > 0);
	each_row(r, job)
		CHECK_EQ(json_array_size(json_object_get(json_object_get(r, "stack"), "user")), 0);
	CHECK_EQ(rows(job, IS("pid", 0)), 0);
	CHECK_EQ(rows(job, IS("pid", getpid())), 0);
}

static void brief(void *arg)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		REQUIRE(pid > 0 && waitpid(pid, NULL, 0) == pid);
	}
}

TEST(offcputime, "a task that ends does not come back: its number may be another's")
{
	struct child child = child_new("brief", 0, brief, NULL);
	struct job *job, *left;

	setenv("COREKIT_WITHOUT", "tp_btf", 1);
	job = tool_start("offcputime", "-n", "brief");
	child_run(&child);
	left = run("corekit", "bpftable", "dump", "away__tid", "-j");
	CHECK_EQ(left->status, 0);
	CHECK_STR(left->out, "");
	tool_stop(job);
	CHECK(rows(job, IS("pid", child.pid)) > 0);
}

TEST(offcputime, "the folded value is in microseconds, and intervals show what came in them")
{
	struct seen *child = seen_new("folds", sleeper, NULL);
	struct job *job = tool_start("offcputime", "--folded", "-f", "text", "-n", "folds"), *each;
	long long us = 0;

	each = tool_start("offcputime", "-i", "100ms", "-n", "folds");
	seen_run(child);
	tool_stop(job);
	tool_stop(each);
	seen_end(child);
	for (const char *line = job->out; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *end = strchr(line, '\n');

		CHECK(!strncmp(line, "folds;", 6));
		if (end && memmem(line, end - line, ";offcpu_sleeps_b;", 17))
			us += atoll((const char *)memrchr(line, ' ', end - line) + 1);
	}
	CHECK_BETWEEN(800000 * 0.95 - 30000 * slow(), us, 800000 * 1.05 + 1000000 * slow());
	CHECK_TIMES(each, "offcpu_sleeps_b", 4);
}
