// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "test.h"

#define MS 1000000ULL
#define FOLDER "/sys/devices/system/cpu"

static void put(const char *path, const char *value)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	REQUIRE(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value) && close(fd) == 0);
}

/* Two CPUs, whose driver says this of their speed (NULL: there is none); in a mount namespace of this test's own. */
static void speeds_are(const char *const khz[2])
{
	char *lists[] = {file_text(FOLDER "/possible"), file_text(FOLDER "/online")};

	mount_tmpfs(tmp("cpu"));
	put(tmp("cpu/possible"), lists[0]);
	put(tmp("cpu/online"), lists[1]);
	for (int cpu = 0; cpu < 2; cpu++) {
		if (!khz[cpu])
			continue;
		REQUIRE(mkdir(text("%s/cpu%d", tmp("cpu"), cpu), 0755) == 0);
		REQUIRE(mkdir(text("%s/cpu%d/cpufreq", tmp("cpu"), cpu), 0755) == 0);
		put(text("%s/cpu%d/cpufreq/scaling_cur_freq", tmp("cpu"), cpu), khz[cpu]);
	}
	REQUIRE(mount(tmp("cpu"), FOLDER, NULL, MS_BIND, NULL) == 0);
}

TEST(cpufreq, "where no driver tells the speed, one line says so")
{
	struct job *job;

	speeds_are((const char *const[]){NULL, NULL});
	job = run("corekit", "cpufreq", "-d", "100ms");
	CHECK_EQ(job->status, 3);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "cpufreq: can't run here: cpu_frequency: ");
	CHECK_STR(job->out, "");
}

static void on_cpu(void *arg)
{
	pin(*(int *)arg);
	burn(300 * MS);
}

TEST(cpufreq, "what runs on a CPU is counted at its speed: one whose driver says nothing has 0")
{
	static const long long steps[] = {1200, 0};

	speeds_are((const char *const[]){"1399999\n", NULL});
	for (int cpu = 0; cpu < 2; cpu++) {
		struct child child = child_new("runner", 0, on_cpu, &cpu);
		struct job *job = tool_start("cpufreq", "-F", "200", "-p", text("%d", child.pid));
		struct job *named = tool_start("cpufreq", "-P", "-F", "200", "-n", "runner");
		long long count;

		child_run(&child);
		tool_stop(named);
		tool_stop(job);
		count = sum(job, "count", IS("mhz", steps[cpu]));
		CHECK_BETWEEN(15, count, 300 * slow());
		/* in the moment before it was bound it may have been elsewhere */
		CHECK_BETWEEN(0, sum(job, "count") - count, 2);
		CHECK(sum(named, "count", IS("pid", child.pid), IS("comm", "runner"), IS("mhz", steps[cpu])) >= 15);
	}
}

TEST(cpufreq, "two CPUs with two speeds have two rows; idle ones are counted with -I")
{
	struct job *job, *idle;

	speeds_are((const char *const[]){"800000\n", "3600000\n"});
	job = tool_start("cpufreq");
	idle = tool_start("cpufreq", "-I");
	for (int cpu = 0; cpu < 2; cpu++) {
		pin(cpu);
		burn(200 * MS);
	}
	tool_stop(idle);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK(number(row(job, IS("mhz", 800)), "count") >= 5);
	CHECK(number(row(job, IS("mhz", 3600)), "count") >= 5);
	CHECK(sum(idle, "count") >= 10);
	CHECK_EQ(rows(idle), 2);
}
