// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define MS 1000000ULL

static void hog(void *arg)
{
	(void)arg;
	for (;;)
		burn(1000 * MS);
}

static double value(struct job *job, const char *key)
{
	return json_number_value(json_object_get(row(job), key));
}

TEST(cpuunclaimed, "three that are bound to one CPU leave the other unclaimed as long as it is idle")
{
	struct child hogs[3];
	struct job *job;

	if (cpus() != 2)
		SKIP("made for two CPUs");
	pin(0);
	for (int i = 0; i < 3; i++) {
		hogs[i] = child_new("hog", 0, hog, NULL);
		child_go(&hogs[i]);
	}
	nap(100 * MS);
	job = tool_start("cpuunclaimed");
	nap(700 * MS);
	tool_stop(job);
	for (int i = 0; i < 3; i++)
		kill(hogs[i].pid, SIGKILL);
	CHECK_EQ(rows(job), 1);
	CHECK(value(job, "samples") >= 4);
	/* a CPU is known from its own first sample on */
	CHECK_BETWEEN(1, value(job, "cpus"), 2);
	CHECK(value(job, "busy") >= 48);
	CHECK_BETWEEN(99.98, value(job, "busy") + value(job, "idle"), 100);
	CHECK(value(job, "waiting") >= 1.9);
	/* two wait at least, so that whatever is idle is unclaimed, but where the other CPU's last sample is old */
	CHECK_BETWEEN(value(job, "idle") * 0.9, value(job, "unclaimed"), value(job, "idle"));
}

TEST(cpuunclaimed, "no more samples than asked for, however many CPUs are sampled")
{
	struct job *job = tool_start("cpuunclaimed", "-F", "50");
	uint64_t start = now_ns();

	nap(600 * MS);
	tool_stop(job);
	CHECK_BETWEEN(2, value(job, "samples"), (now_ns() - start) / 1e9 * 50 * 4 / 3 + 5);
	CHECK_EQ(run("corekit", "cpuunclaimed", "-F", "0")->status, 2);
	CHECK_EQ(run("corekit", "cpuunclaimed", "-u", "0", "-d", "100ms")->status, 2);
}
