// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

/* The kernel rounds to two decimals, we to three. */
#define CHECK_LOAD(got, want) CHECK_BETWEEN((want)-0.0056, got, (want) + 0.0056)

static double load(json_t *row, const char *key)
{
	return json_real_value(json_object_get(row, key));
}

TEST(loads, "its averages are those of /proc/loadavg")
{
	double one[2], five[2], fifteen[2];
	struct job *job;
	json_t *shown;

	/* Between two readings that are the same nothing has changed. */
	for (int i = 0; i < 20; i++) {
		REQUIRE(sscanf(file_text("/proc/loadavg"), "%lf %lf %lf", &one[0], &five[0], &fifteen[0]) == 3);
		job = run("corekit", "loads", "-j", "-N", "1");
		REQUIRE(sscanf(file_text("/proc/loadavg"), "%lf %lf %lf", &one[1], &five[1], &fifteen[1]) == 3);
		if (one[0] == one[1] && five[0] == five[1] && fifteen[0] == fifteen[1])
			break;
	}
	CHECK_EQ(job->status, 0);
	CHECK_EQ(rows(job), 1);
	shown = row(job);
	CHECK_LOAD(load(shown, "load1"), one[0]);
	CHECK_LOAD(load(shown, "load5"), five[0]);
	CHECK_LOAD(load(shown, "load15"), fifteen[0]);
	CHECK(number(shown, "tasks") > 1);
}

TEST(loads, "the first line comes at once, the next after each interval, as many as are asked for")
{
	uint64_t began = now_ns();
	struct job *job = run("corekit", "loads", "-j", "0.05", "3");

	CHECK_EQ(rows(job), 3);
	CHECK(now_ns() - began >= 100000000);
	CHECK_EQ(rows(run("corekit", "loads", "-j", "-d", "10ms")), 1);
	CHECK_EQ(run_as(65534, "corekit", "loads", "-N", "1")->status, 0);
	CHECK_EQ(run("corekit", "loads", "-i", "0")->status, 2);
}
