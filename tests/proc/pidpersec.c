// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <pthread.h>
#include <sys/wait.h>
#include "test.h"

enum { PROCESSES = 30, THREADS = 20, PROGRAMS = 10 };

static void *nothing(void *arg)
{
	return arg;
}

static void make(void *arg)
{
	pthread_t thread;

	(void)arg;
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		REQUIRE(pid >= 0);
		if (!pid) {
			if (i < PROGRAMS)
				execl("/bin/true", "true", NULL);
			_exit(0);
		}
		REQUIRE(waitpid(pid, NULL, 0) == pid);
	}
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

TEST(pidpersec, "processes, threads and programs are counted apart, each once, over all intervals")
{
	struct child child = child_new(NULL, 0, make, NULL);
	struct job *job = tool_start("pidpersec", "-i", "50ms", "--follow", text("%d", child.pid));

	child_run(&child);
	tool_stop(job);
	CHECK(rows(job) >= 1);
	CHECK_EQ(sum(job, "processes"), PROCESSES);
	CHECK_EQ(sum(job, "threads"), THREADS);
	CHECK_EQ(sum(job, "programs"), PROGRAMS);
	CHECK_NO_LOSS(job);
}

TEST(pidpersec, "an interval in which nothing happened is a line too, and one lasts a second unless told otherwise")
{
	struct child child = child_new(NULL, 0, make, NULL);
	struct job *quiet = tool_start("pidpersec", "-i", "20ms", "-N", "5", "-p", text("%d", child.pid)),
		   *usual = tool_start("pidpersec", "-N", "1", "-p", text("%d", child.pid));
	uint64_t began = now_ns();

	tool_wait(quiet);
	CHECK_EQ(rows(quiet), 5);
	CHECK_EQ(rows(quiet, IS("processes", 0), IS("threads", 0), IS("programs", 0)), 5);
	tool_wait(usual);
	CHECK_EQ(rows(usual), 1);
	CHECK(now_ns() - began > 900000000);
}

TEST(pidpersec, "the rate is that of the time that has passed")
{
	struct child child = child_new(NULL, 0, make, NULL);
	struct job *job = tool_start("pidpersec", "-i", "100", "-p", text("%d", child.pid));
	uint64_t began = now_ns();
	double rate, passed;

	nap(200000000);
	child_run(&child);
	tool_stop(job);
	passed = (now_ns() - began) / 1e9;
	rate = json_number_value(json_object_get(row(job), "rate"));
	/* It began before we looked at the clock, and ended before as well. */
	CHECK_BETWEEN((PROCESSES + THREADS) / passed * 0.5, rate, (PROCESSES + THREADS) / 0.2);
}
