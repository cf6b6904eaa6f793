// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "test.h"

#define FORKS 20

static pid_t *made;	/* shared with the child that forks */

static void fork_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

		if (!pid)
			_exit(0);
		made[i] = pid;
		waitpid(pid, NULL, 0);
	}
}

TEST(hello, "each new process is greeted once, by its maker, with its id")
{
	struct child child;
	struct job *job;

	made = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = child_new("maker", 0, fork_many, NULL);
	job = tool_start("hello", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "maker"), IS("error", NOTHING)), FORKS);
	for (int i = 0; i < FORKS; i++)
		CHECK_EQ(rows(job, IS("child", made[i])), 1);
	CHECK_EQ(rows(job), FORKS);
	CHECK_NO_LOSS(job);
}

static void *nothing(void *arg)
{
	return arg;
}

static void make_threads(void *arg)
{
	pthread_t thread;

	(void)arg;
	for (int i = 0; i < FORKS; i++) {
		REQUIRE(!pthread_create(&thread, NULL, nothing, NULL));
		pthread_join(thread, NULL);
	}
}

TEST(hello, "threads are greeted too, and calls that fail say why")
{
	struct child child = child_new("threads", 0, make_threads, NULL);
	struct job *job = tool_start("hello", "-p", text("%d,%d", child.pid, getpid()));
	long failed;

	child_run(&child);
	/* Without CLONE_SIGHAND: EINVAL; the flags are the second argument of one architecture. */
#ifdef __s390x__
	failed = syscall(SYS_clone, 0, CLONE_THREAD, 0, 0, 0);
#else
	failed = syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0);
#endif
	REQUIRE(failed == -1 && errno == EINVAL);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("pid", child.pid)), FORKS);
	CHECK_EQ(rows(job, IS("pid", getpid()), IS("error", "EINVAL"), IS("child", NOTHING)), 1);
	CHECK_EQ(rows(job), FORKS + 1);
}
