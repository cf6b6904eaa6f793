// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "test.h"

/* Does the machine itself count them? */
static bool counts(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_HARDWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_HW_CACHE_MISSES,
				       .sample_period = 100};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

TEST(llcstat, "where the machine has no such counters, one line says so")
{
	struct job *job = run("corekit", "llcstat", "-d", "100ms");

	if (counts()) {
		CHECK_EQ(job->status, 0);
		return;
	}
	CHECK_EQ(job->status, 3);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "llcstat: can't run here");
	CHECK_HAS(job->err, "cache-misses");
	CHECK_STR(job->out, "");
}

/* More memory than any cache holds, a line at a time in no order that a processor foresees. */
static void miss(void *arg)
{
	size_t size = 512 << 20, at = 0;
	volatile char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	REQUIRE(memory != MAP_FAILED);
	for (int i = 0; i < 10000000; i++) {
		at = (at * 6364136223846793005ull + 1442695040888963407ull) % size;
		memory[at & ~63ul]++;
	}
}

TEST(llcstat, "a process that goes through more memory than the cache holds misses")
{
	struct child child;
	struct job *job;

	needs("llcstat");
	child = child_new("misser", 0, miss, NULL);
	job = tool_start("llcstat", "-p", text("%d", child.pid), "--period", "1000");
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK(number(row(job, IS("pid", child.pid), IS("comm", "misser")), "misses") > 1000000);
}

TEST(llcstat, "bad periods are refused, whether it can run or not")
{
	CHECK_EQ(run("corekit", "llcstat", "--period", "0", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "llcstat", "--period", "x", "-d", "100ms")->status, 2);
}
