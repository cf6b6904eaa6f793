// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define COMPACT "/proc/sys/vm/compact_memory"

static void compact(void *arg)
{
	int fd = open(COMPACT, O_WRONLY | O_CLOEXEC);

	REQUIRE(fd >= 0 && write(fd, "1", 1) == 1);
	close(fd);
}

/* Zones that have memory, and whether this is one of them. */
static int zones(const char *wanted, bool *found)
{
	char *at = file_text("/proc/zoneinfo"), name[16];
	long long present;
	int node, n = 0;

	for (*found = false; (at = strstr(at, "Node ")); at++) {
		char *line = strstr(at, "\n        present");

		if (sscanf(at, "Node %d, zone %15s", &node, name) != 2 || !line || sscanf(line, " present %lld", &present) != 1)
			continue;
		n += present > 0;
		*found |= present > 0 && !strcmp(name, wanted);
	}
	return n;
}

TEST(compactsnoop, "each zone that has memory is compacted once where that is asked for", .timeout = 120)
{
	struct job *job, *slowest, *other;
	struct child child;
	uint64_t took;
	bool found;
	json_t *r;

	if (access("/.vm", F_OK) || access(COMPACT, W_OK))
		SKIP("not where it would slow others down");
	child = child_new("compactor", 0, compact, NULL);
	job = tool_start("compactsnoop", "-p", text("%d", child.pid));
	slowest = tool_start("compactsnoop", "-m", "1000000");
	other = tool_start("compactsnoop", "-n", "nobody*");
	took = now_ns();
	child_run(&child);
	took = now_ns() - took;
	tool_stop(other);
	tool_stop(slowest);
	tool_stop(job);
	CHECK_EQ(rows(job), zones("", &found));
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "compactor"), IS("order", -1), IS("mode", "sync")), rows(job));
	CHECK(rows(job, IS("node", 0)) >= 1);
	CHECK_EQ(rows(job, IS("node", 0)) + rows(job, IS("node", 1)), rows(job)); /* one VM has two */
	CHECK_EQ(rows(other), 0);
	CHECK_EQ(rows(slowest), 0);
	CHECK_BETWEEN(1, sum(job, "latency_ns"), took);
	each_row(r, job)
	{
		zones(string(r, "zone"), &found);
		CHECK(found);
		CHECK_STR(string(r, "status"), "complete");
	}
	CHECK_NO_LOSS(job);
}

TEST(compactsnoop, "bad values are refused in one line")
{
	struct job *job = run("corekit", "compactsnoop", "-m", "x");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
}
