// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "test.h"

#define MS	1000000ULL
#define THREADS 8

static const char *pid_text(pid_t pid)
{
	return text("%d", pid);
}

/* What wait(2) says of it. */
static int ended(struct child *child)
{
	int status;

	child_go(child);
	REQUIRE(waitpid(child->pid, &status, 0) == child->pid);
	return status;
}

static void check_status(json_t *shown, int status)
{
	const char *signal = json_string_value(json_object_get(shown, "signal"));

	if (WIFEXITED(status)) {
		CHECK_EQ(number(shown, "code"), WEXITSTATUS(status));
		CHECK(!signal);
	} else {
		CHECK(json_is_null(json_object_get(shown, "code")));
		REQUIRE(signal);
		if (WTERMSIG(status) < 34)
			CHECK_STR(signal, text("SIG%s", sigabbrev_np(WTERMSIG(status))));
		else
			CHECK_STR(signal, text("SIGRTMIN+%d", WTERMSIG(status) - 34));
	}
	CHECK_EQ(json_is_true(json_object_get(shown, "core")), !!WCOREDUMP(status));
}

static void end_with(void *arg)
{
	int how = *(int *)arg;

	if (how >= 0)
		_exit(how);
	signal(-how, SIG_DFL); /* whoever starts the tests may ignore SIGHUP, as nohup does */
	kill(getpid(), -how);
	pause();
}

TEST(exitsnoop, "each process is shown once, with the code or signal that its parent gets")
{
	static int ways[] = {0, 1, 3, 127, 128, 255, -SIGTERM, -SIGKILL, -SIGHUP, -34, -37, -64};
	enum { N = sizeof(ways) / sizeof(*ways) };
	struct job *all = tool_start("exitsnoop"), *failed = tool_start("exitsnoop", "-x");
	struct child child[N];
	int status[N];

	for (int i = 0; i < N; i++) {
		child[i] = child_new("mortal", 0, end_with, &ways[i]);
		status[i] = ended(&child[i]);
		CHECK_EQ(status[i], ways[i] >= 0 ? ways[i] << 8 : -ways[i]);
	}
	tool_stop(all);
	tool_stop(failed);
	for (int i = 0; i < N; i++) {
		CHECK_EQ(rows(all, IS("pid", child[i].pid)), 1);
		CHECK_EQ(rows(failed, IS("pid", child[i].pid)), ways[i] != 0);
		check_status(row(all, IS("pid", child[i].pid), IS("tid", child[i].pid), IS("comm", "mortal"),
				 IS("ppid", getpid())),
			     status[i]);
	}
}

static void dump(void *arg)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	(void)arg;
	REQUIRE(chdir(tmp(NULL)) == 0 && setrlimit(RLIMIT_CORE, &limit) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0);
	raise(SIGABRT);
}

static void no_dump(void *arg)
{
	struct rlimit none = {0, 0};

	(void)arg;
	REQUIRE(setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0);
	raise(SIGABRT);
}

TEST(exitsnoop, "a core dump is told, and none where there was none")
{
	struct child with = child_new(NULL, 0, dump, NULL), without = child_new(NULL, 0, no_dump, NULL);
	struct job *job = tool_start("exitsnoop", "-p", text("%d,%d", with.pid, without.pid));
	int status = ended(&with), other = ended(&without);

	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	check_status(row(job, IS("pid", with.pid), IS("signal", "SIGABRT")), status);
	check_status(row(job, IS("pid", without.pid), IS("signal", "SIGABRT")), other);
	CHECK(!WCOREDUMP(other));
	/* Where cores are plain files there is one now, or this has tested nothing. */
	if (!strncmp(file_text("/proc/sys/kernel/core_pattern"), "core", 4))
		CHECK(WCOREDUMP(status));
}

static void *thread_exits(void *arg)
{
	prctl(PR_SET_NAME, "last-thread");
	nap(50 * MS);
	_exit(*(int *)arg);
}

/* The first thread ends long before its process. */
static void leader_first(void *arg)
{
	pthread_t thread;

	REQUIRE(pthread_create(&thread, NULL, thread_exits, arg) == 0);
	syscall(SYS_exit, 9);
}

TEST(exitsnoop, "a process ends with its last thread, not with its first; its name is the first one's")
{
	static int code = 7;
	struct child child = child_new("first-thread", 0, leader_first, &code);
	const char *pid = pid_text(child.pid);
	struct job *process = tool_start("exitsnoop", "-p", pid), *name = tool_start("exitsnoop", "-n", "first-th*"),
		   *other = tool_start("exitsnoop", "-n", "last-thread"), *first = tool_start("exitsnoop", "-t", pid),
		   *threads = tool_start("exitsnoop", "-L", "-p", pid);
	int status = ended(&child);
	json_t *shown;

	CHECK_EQ(status, 7 << 8);
	tool_stop(process);
	tool_stop(name);
	tool_stop(other);
	tool_stop(first);
	tool_stop(threads);
	CHECK_EQ(rows(process), 1);
	shown = row(process, IS("pid", child.pid), IS("tid", child.pid), IS("comm", "first-thread"));
	check_status(shown, status);
	CHECK(number(shown, "age_ns") >= (long long)(50 * MS));
	CHECK_EQ(rows(name, IS("pid", child.pid)), 1);
	CHECK_EQ(rows(other, IS("pid", child.pid)), 0);
	CHECK_EQ(rows(first), 1);
	shown = row(first, IS("tid", child.pid), IS("code", 9));
	CHECK(json_is_false(json_object_get(shown, "last")));
	CHECK_EQ(rows(threads), 2);
	CHECK(json_is_false(json_object_get(row(threads, IS("tid", child.pid), IS("code", 9)), "last")));
	CHECK(json_is_true(json_object_get(row(threads, IS("comm", "last-thread"), IS("code", 7)), "last")));
}

static pthread_barrier_t together;

static void *thread_ends(void *arg)
{
	pthread_barrier_wait(&together);
	syscall(SYS_exit, (int)(long)arg);
	return NULL;
}

static void threads_end_together(void *arg)
{
	pthread_t thread;

	REQUIRE(pthread_barrier_init(&together, NULL, THREADS) == 0);
	for (long i = 1; i < THREADS; i++)
		REQUIRE(pthread_create(&thread, NULL, thread_ends, (void *)i) == 0);
	thread_ends(arg);
}

TEST(exitsnoop, "where all threads end at once, the process ends once; each thread has its own code")
{
	enum { N = 40 };
	struct job *processes = tool_start("exitsnoop", "-n", "crowd"),
		   *threads = tool_start("exitsnoop", "-L", "-n", "crowd");
	struct {
		pid_t pid;
		int status, ends, threads, last;
		unsigned int codes;
	} of[N] = {};
	int ends = 0, each = 0, last = 0;
	json_t *shown;

	for (int i = 0; i < N; i++) {
		struct child child = child_new("crowd", 0, threads_end_together, NULL);

		of[i].pid = child.pid;
		of[i].status = ended(&child);
	}
	tool_stop(processes);
	tool_stop(threads);
	each_row(shown, processes) for (int i = 0; i < N; i++) if (of[i].pid == number(shown, "pid"))
	{
		of[i].ends++;
		check_status(shown, of[i].status);
	}
	each_row(shown, threads) for (int i = 0; i < N; i++) if (of[i].pid == number(shown, "pid"))
	{
		of[i].threads++;
		of[i].last += json_is_true(json_object_get(shown, "last"));
		of[i].codes |= 1 << number(shown, "code");
	}
	for (int i = 0; i < N; i++) {
		ends += of[i].ends;
		each += of[i].threads;
		last += of[i].last;
		CHECK(of[i].ends <= 1 && of[i].last <= 1 && of[i].threads <= THREADS);
		if (of[i].threads == THREADS)
			CHECK_EQ(of[i].codes, (1 << THREADS) - 1);
	}
	/* Each once, but for what a kernel has skipped aloud. */
	CHECK_BETWEEN(N - lost(processes), ends, N);
	CHECK_BETWEEN(N - lost(threads), last, N);
	CHECK_BETWEEN(N * THREADS - lost(threads), each, N * THREADS);
	CHECK_NO_LOSS(processes);
	CHECK_NO_LOSS(threads);
}

static void *thread_exec(void *arg)
{
	execl("/bin/sh", "sh", "-c", "exit 11", NULL);
	return arg;
}

static void exec_in_thread(void *arg)
{
	pthread_t thread;

	REQUIRE(pthread_create(&thread, NULL, thread_exec, arg) == 0);
	for (;;)
		pause();
}

TEST(exitsnoop, "an exec from a thread is no end of the process")
{
	struct child child = child_new(NULL, 0, exec_in_thread, NULL);
	struct job *job = tool_start("exitsnoop", "-p", pid_text(child.pid));

	CHECK_EQ(ended(&child), 11 << 8);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("comm", "sh"), IS("code", 11)), 1);
}

TEST(exitsnoop, "of a command after --, all that it starts is shown as it ends, itself last")
{
	struct job *job =
		tool_start("exitsnoop", "--", "sh", "-c", "(exit 5); (kill -9 $(sh -c 'echo $PPID')); exit 6");
	json_t *shown = NULL;

	tool_wait(job);
	CHECK_EQ(rows(job, IS("code", 5)), 1);
	CHECK_EQ(rows(job, IS("signal", "SIGKILL")), 1);
	CHECK_EQ(rows(job, IS("code", 6)), 1);
	for (size_t at = 0, i = 0; i < (size_t)rows(job); i++)
		shown = row_next(job, &at, NULL);
	CHECK_EQ(number(shown, "code"), 6);
}

TEST(exitsnoop, "age is counted from the fork, of a thread from its own start")
{
	static int code = 1;
	struct child child = child_new(NULL, 0, leader_first, &code);
	struct job *job = tool_start("exitsnoop", "-L", "-p", pid_text(child.pid));
	long long process, thread;

	nap(100 * MS);
	ended(&child);
	tool_stop(job);
	process = number(row(job, IS("tid", child.pid)), "age_ns");
	thread = number(row(job, IS("code", 1)), "age_ns");
	CHECK(process >= (long long)(100 * MS));
	CHECK(thread >= (long long)(50 * MS));
}
