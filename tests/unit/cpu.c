// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/cpu.c on machines that this one is not: its lists are mounted over the kernel's own. */
#include <sched.h>
#include <sys/mount.h>
#include "lib/cpu.h"
#include "unit.h"

#define FOLDER "/sys/devices/system/cpu"

/* In a mount namespace of this test's own. */
static void machine_has(const char *list, const char *ids)
{
	const char *file = tmp(list);
	int fd = open(file, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);

	REQUIRE(fd >= 0 && write(fd, ids, strlen(ids)) == (ssize_t)strlen(ids) && close(fd) == 0);
	REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	REQUIRE(mount(file, text(FOLDER "/%s", list), NULL, MS_BIND, NULL) == 0);
}

struct seen {
	int n, first, last, stop_at;
};

static int see(void *ctx, int cpu)
{
	struct seen *seen = ctx;

	CHECK(!seen->n || cpu > seen->last);
	seen->first = seen->n++ ? seen->first : cpu;
	seen->last = cpu;
	return cpu == seen->stop_at ? -ECANCELED : 0;
}

static void check_online(const char *ids, int n, int first, int last)
{
	struct seen seen = {.stop_at = -1};

	machine_has("online", ids);
	CHECK_EQ(cpu_each("online", see, &seen), 0);
	if (!CHECK_EQ(seen.n, n) || (n && (!CHECK_EQ(seen.first, first) || !CHECK_EQ(seen.last, last))))
		fprintf(stderr, "  online: %s", ids);
}

TEST(cpu, "lists of ids, with ranges and holes, are read as the kernel means them")
{
	struct seen seen = {.stop_at = 600};

	check_online("0\n", 1, 0, 0);
	check_online("0-1\n", 2, 0, 1);
	check_online("0,2\n", 2, 0, 2);
	check_online("1-3,5\n", 4, 1, 5); /* 0 is offline */
	check_online("0-127,256-383,1023\n", 257, 0, 1023);
	check_online("0-8191\n", 8192, 0, 8191);
	check_online("512-1023\n", 512, 512, 1023);
	check_online("\n", 0, 0, 0);
	check_online("", 0, 0, 0);
	check_online("nonsense\n", 0, 0, 0);
	check_online("7-3\n", 1, 7, 7);
	machine_has("online", "0-127,256-1023\n");
	CHECK_EQ(cpu_each("online", see, &seen), -ECANCELED); /* what the caller says, at once */
	CHECK_EQ(seen.n, 128 + 600 - 256 + 1);
	CHECK_EQ(cpu_each("no-such-list", see, &seen), -ENOENT);
}

/* What is counted by CPU id needs room for the highest, not for as many as there are. */
TEST(cpu, "room is made for ids up to 1023, though there are fewer CPUs")
{
	machine_has("possible", "0-3,8-127,256-1023\n");
	CHECK_EQ(cpu_ids(), 1024);
	CHECK_EQ(libbpf_num_possible_cpus(), 4 + 120 + 768);
}

TEST(cpu, "a machine that doesn't say has one")
{
	machine_has("possible", "");
	CHECK_EQ(cpu_ids(), 1);
}

/* With room for all of them, a tool counts as it does elsewhere: the CPUs here are the first of those. */
TEST(cpu, "tools count on a machine with 1,024 possible CPUs with holes")
{
	static const char *const tools[][3] = {
		{"syscount", "-S", "getppid"}, {"softirqs", "-C"}, {"softirqs"}, {"cpudist"}, {"runqlat"}, {"cpuwalk"},
	};
	struct job *job;

	machine_has("possible", "0-3,8-127,256-1023\n");
	for (size_t i = 0; i < COUNT(tools); i++) {
		job = tool_start_argv(ARGV(tools[i][0], tools[i][1], tools[i][2]));
		for (int n = 0; n < 100; n++) {
			getppid();
			nap(1000000);
		}
		tool_stop(job);
		if (!CHECK(sum(job, "count") > 0))
			fprintf(stderr, "  %s: %s", tools[i][0], job->err);
		if (!strcmp(tools[i][0], "syscount"))
			CHECK(sum(job, "count") >= 100);
	}
}

/* Where there are fewer CPUs than the highest id says, what is counted on that one isn't lost. */
TEST(cpu, "tools count on the CPU with the highest id, though there is but one")
{
	struct job *job;

	if (cpus() < 2)
		SKIP("made for two CPUs");
	pin(1);
	machine_has("possible", "1\n");
	job = tool_start("syscount", "-S", "getppid", "-p", text("%d", getpid()));
	for (int n = 0; n < 100; n++)
		getppid();
	tool_stop(job);
	CHECK_EQ(sum(job, "count"), 100);
}
