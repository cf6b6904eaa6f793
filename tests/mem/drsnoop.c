// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define HUGE "/proc/sys/vm/nr_hugepages"

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	REQUIRE(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

/* More huge pages than there is memory: the last of them are only to be had by reclaim, and then not at all. */
static void stall(void *arg)
{
	put(HUGE, "100000");
	put(HUGE, "0");
}

/* The kernel's own count of allocations that had to reclaim. */
static long long stalls(void)
{
	char *at = file_text("/proc/vmstat");
	long long sum = 0, n;

	while ((at = strstr(at, "allocstall_"))) {
		if (sscanf(at, "%*s %lld", &n) == 1)
			sum += n;
		at++;
	}
	return sum;
}

TEST(drsnoop, "a task that asks for more than there is stalls, for no longer than it all took", .timeout = 120)
{
	struct job *job, *slowest, *other;
	struct child child;
	long long before;
	uint64_t took;
	json_t *r;

	if (access("/.vm", F_OK) || access(HUGE, W_OK))
		SKIP("not where others need the memory");
	child = child_new("staller", 0, stall, NULL);
	job = tool_start("drsnoop", "-p", text("%d", child.pid));
	slowest = tool_start("drsnoop", "-m", "1000000");
	other = tool_start("drsnoop", "-n", "nobody*");
	before = stalls();
	took = now_ns();
	child_run(&child);
	took = now_ns() - took;
	before = stalls() - before;
	tool_stop(other);
	tool_stop(slowest);
	tool_stop(job);
	CHECK(rows(job) >= 1);
	CHECK(rows(job) <= before);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "staller")), rows(job));
	CHECK_EQ(rows(other), 0);
	CHECK_EQ(rows(slowest), 0);
	CHECK_BETWEEN(1, sum(job, "latency_ns"), took);
	each_row(r, job)
	{
		CHECK_BETWEEN(0, number(r, "order"), 20);
		CHECK(number(r, "pages") >= 0);
	}
	CHECK_NO_LOSS(job);
}

TEST(drsnoop, "bad values are refused in one line")
{
	struct job *job = run("corekit", "drsnoop", "-m", "x");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
}
