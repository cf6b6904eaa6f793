// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <pthread.h>
#include <sys/syscall.h>
#include "test.h"

#define MS 1000000ULL

/* Known by their names, which the runner's table of symbols has. */
void *threadsnoop_test_first(void *arg);
void *threadsnoop_test_second(void *arg);

void *threadsnoop_test_first(void *arg)
{
	nap(MS);
	return arg;
}

void *threadsnoop_test_second(void *arg)
{
	nap(2 * MS);
	return arg;
}

static void make(void *arg)
{
	pthread_t thread;
	char byte;

	for (int i = 0; i < 5; i++) {
		void *(*start)(void *) = i < 3 ? threadsnoop_test_first : threadsnoop_test_second;

		REQUIRE(pthread_create(&thread, NULL, start, NULL) == 0 && pthread_join(thread, NULL) == 0);
	}
	/* Its functions can be looked up while it is there. */
	if (arg && read(*(int *)arg, &byte, 1) < 0)
		_exit(1);
}

static bool all_seen(void *arg)
{
	struct job **jobs = arg;

	return lines(job_now(jobs[0])) >= 5 && lines(job_now(jobs[1])) >= 5;
}

TEST(threadsnoop, "each thread is shown with who makes it and the function that it begins with")
{
	int end[2], opened = pipe2(end, O_CLOEXEC);
	struct child child = child_new("maker", 0, make, &end[0]), other = child_new("other", 0, make, NULL);
	const char *self = realpath("/proc/self/exe", NULL);
	struct job *by_pid, *by_file;

	REQUIRE(!opened);
	by_pid = tool_start("threadsnoop", "-p", text("%d", child.pid));
	by_file = tool_start("threadsnoop", "-l", self, "-n", "maker");
	child_go(&child);
	child_run(&other);
	until(20, all_seen, (struct job *[]){by_pid, by_file});
	REQUIRE(write(end[1], "", 1) == 1);
	child_wait(&child);
	tool_stop(by_pid);
	tool_stop(by_file);
	for (int i = 0; i < 2; i++) {
		struct job *job = i ? by_file : by_pid;

		CHECK_EQ(rows(job), 5);
		CHECK_EQ(rows(job, IS("pid", child.pid), IS("tid", child.pid), IS("comm", "maker"), IS("file", self)),
			 5);
		CHECK_EQ(rows(job, IS("function", "threadsnoop_test_first")), 3);
		CHECK_EQ(rows(job, IS("function", "threadsnoop_test_second")), 2);
		CHECK_NO_LOSS(job);
	}
}

static void bare_clone(void *arg)
{
	(void)arg;
	nap(100 * MS);
}

TEST(threadsnoop, "without threads nothing is shown; a file without pthread_create() is refused with one line")
{
	struct child child = child_new(NULL, 0, bare_clone, NULL);
	struct job *job = tool_start("threadsnoop", "-p", text("%d", child.pid)), *bad;
	static const char *const files[] = {"/proc/self/status", "/nowhere", "/"};

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		bad = run("corekit", "threadsnoop", "-d", "10ms", "-l", files[i]);
		if (!CHECK_EQ(bad->status, 2) || !CHECK_EQ(lines(bad->err), 1))
			fprintf(stderr, "  -l %s: %s", files[i], bad->err);
	}
}
