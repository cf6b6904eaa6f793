// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include "test.h"

#define NOBODY 65534
#define NO_PID 4194303 /* the largest there can be, and never the first to be used */

static const char *pid_text(pid_t pid)
{
	return text("%d", pid);
}

/* Blocks all signals, so that it can be sent any but KILL and STOP. */
struct target {
	pid_t pid, tid[3];
};

static int told[2];

static void *sleeper(void *arg)
{
	pid_t tid = syscall(SYS_gettid);

	prctl(PR_SET_NAME, "target-thread");
	REQUIRE(write(told[1], &tid, sizeof(tid)) == sizeof(tid));
	for (;;)
		pause();
	return arg;
}

static struct target target_new(int threads, bool own_group)
{
	struct target target = {};

	REQUIRE(pipe2(told, O_CLOEXEC) == 0);
	target.pid = fork();
	REQUIRE(target.pid >= 0);
	if (!target.pid) {
		sigset_t all;
		pthread_t thread;

		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		prctl(PR_SET_NAME, "target");
		if (own_group)
			setpgid(0, 0);
		for (int i = 0; i < threads; i++)
			REQUIRE(pthread_create(&thread, NULL, sleeper, NULL) == 0);
		if (!threads)
			REQUIRE(write(told[1], &target.pid, sizeof(pid_t)) == sizeof(pid_t));
		for (;;)
			pause();
	}
	for (int i = 0; i < (threads ?: 1); i++)
		REQUIRE(read(told[0], &target.tid[i], sizeof(pid_t)) == sizeof(pid_t));
	return target;
}

static void target_end(struct target *target)
{
	REQUIRE(kill(target->pid, SIGKILL) == 0);
	REQUIRE(waitpid(target->pid, NULL, 0) == target->pid);
}

static struct job *ours(const char *option)
{
	return option ? tool_start("sigsnoop", "-p", pid_text(getpid()), option)
		      : tool_start("sigsnoop", "-p", pid_text(getpid()));
}

/* Without those that end the tools. */
static long sent(struct job *job)
{
	return rows(job) - rows(job, IS("signal", "SIGINT"));
}

static const char *own_name(void)
{
	static char name[17];

	prctl(PR_GET_NAME, name);
	return name;
}

static int tgkill_(pid_t pid, pid_t tid, int signal)
{
	return syscall(SYS_tgkill, pid, tid, signal);
}

TEST(sigsnoop, "each signal is shown with sender, target and thread: plain and real-time, to processes and threads")
{
	struct target target = target_new(2, false);
	struct job *job = ours(NULL);
	union sigval value = {.sival_int = 1};

	REQUIRE(kill(target.pid, SIGUSR1) == 0);
	REQUIRE(kill(target.pid, 34) == 0);
	REQUIRE(sigqueue(target.pid, 64, value) == 0);
	REQUIRE(tgkill_(target.pid, target.tid[1], SIGUSR2) == 0);
	REQUIRE(syscall(SYS_tkill, target.tid[0], 40) == 0);
	REQUIRE(kill(target.pid, 0) == 0); /* no signal, and no failure */
	tool_stop(job);
	CHECK_EQ(sent(job), 5);
	CHECK_EQ(rows(job, IS("pid", getpid()), IS("comm", own_name()), IS("tpid", target.pid), IS("error", NOTHING),
		      IS("result", "delivered"), IS("call", NOTHING)),
		 5);
	CHECK_EQ(rows(job, IS("signal", "SIGUSR1"), IS("code", "SI_USER"), IS("tcomm", "target")), 1);
	CHECK_EQ(rows(job, IS("signal", "SIGRTMIN+0"), IS("code", "SI_USER")), 1);
	CHECK_EQ(rows(job, IS("signal", "SIGRTMIN+30"), IS("code", "SI_QUEUE")), 1);
	CHECK_EQ(rows(job, IS("signal", "SIGUSR2"), IS("code", "SI_TKILL"), IS("ttid", target.tid[1]),
		      IS("tcomm", "target-thread")),
		 1);
	CHECK_EQ(rows(job, IS("signal", "SIGRTMIN+6"), IS("ttid", target.tid[0])), 1);
	CHECK(json_is_true(json_object_get(row(job, IS("signal", "SIGUSR1")), "group")));
	CHECK(json_is_false(json_object_get(row(job, IS("signal", "SIGUSR2")), "group")));
	target_end(&target);
}

static bool in_group(pid_t pid, pid_t group)
{
	return getpgid(pid) == group || setpgid(pid, group) == 0;
}

TEST(sigsnoop, "a signal to a process group is shown for each process of it, and is one call")
{
	struct target first = target_new(0, true), second = target_new(0, false), other = target_new(0, true);
	struct job *job, *calls;

	REQUIRE(in_group(first.pid, first.pid) && in_group(second.pid, first.pid) && in_group(other.pid, other.pid));
	job = ours(NULL);
	calls = ours("-k");
	REQUIRE(kill(-first.pid, SIGHUP) == 0);
	tool_stop(job);
	tool_stop(calls);
	CHECK_EQ(sent(job), 2);
	CHECK_EQ(rows(job, IS("signal", "SIGHUP"), IS("tpid", first.pid)), 1);
	CHECK_EQ(rows(job, IS("signal", "SIGHUP"), IS("tpid", second.pid)), 1);
	CHECK_EQ(sent(calls), 1);
	CHECK_EQ(rows(calls, IS("signal", "SIGHUP"), IS("tpid", -first.pid), IS("call", "kill"), IS("result", "called"),
		      IS("error", NOTHING), IS("tcomm", NOTHING)),
		 1);
	target_end(&first);
	target_end(&second);
	target_end(&other);
}

static void fail(void *arg)
{
	pid_t pid = *(pid_t *)arg;
	siginfo_t info = {.si_code = SI_QUEUE};

	CHECK(kill(pid, SIGTERM) == -1 && errno == EPERM);
	CHECK(kill(NO_PID, SIGTERM) == -1 && errno == ESRCH);
	CHECK(kill(-NO_PID, SIGHUP) == -1 && errno == ESRCH);
	CHECK(kill(getpid(), 65) == -1 && errno == EINVAL);
	CHECK(kill(NO_PID, 0) == -1 && errno == ESRCH);
	CHECK(syscall(SYS_tkill, NO_PID, SIGINT) == -1 && errno == ESRCH);
	CHECK(tgkill_(getpid(), NO_PID, 34) == -1 && errno == ESRCH);
	CHECK(syscall(SYS_rt_sigqueueinfo, NO_PID, 35, &info) == -1 && errno == ESRCH);
	CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid(), NO_PID, 36, &info) == -1 && errno == ESRCH);
	CHECK(syscall(SYS_pidfd_send_signal, -1, SIGQUIT, NULL, 0) == -1 && errno == EBADF);
}

TEST(sigsnoop, "failed calls are shown with their errno, whichever call it was, and with -x they alone")
{
	for (int x = 0; x < 3; x++) {
		pid_t parent = getpid();
		struct child child = child_new("failer", NOBODY, fail, &parent);
		const char *pid = pid_text(child.pid);
		struct job *job =
			x ? tool_start("sigsnoop", "-p", pid, x == 1 ? "-x" : "-k") : tool_start("sigsnoop", "-p", pid);

		child_run(&child);
		tool_stop(job);
		/* The end of the child is a signal as well. */
		CHECK_EQ(rows(job, IS("signal", "SIGCHLD"), IS("tpid", parent), IS("code", "CLD_EXITED")), !x);
		CHECK_EQ(rows(job), 10 + !x);
		CHECK_EQ(rows(job, IS("result", "failed"), IS("comm", "failer")), 10);
		CHECK_EQ(rows(job, IS("call", "kill"), IS("signal", "SIGTERM"), IS("tpid", parent),
			      IS("error", "EPERM")),
			 1);
		CHECK_EQ(rows(job, IS("signal", "SIGTERM"), IS("tpid", NO_PID), IS("error", "ESRCH")), 1);
		CHECK_EQ(rows(job, IS("signal", "SIGHUP"), IS("tpid", -NO_PID), IS("error", "ESRCH")), 1);
		CHECK_EQ(rows(job, IS("signal", "65"), IS("tpid", child.pid), IS("error", "EINVAL")), 1);
		CHECK_EQ(rows(job, IS("signal", "0"), IS("tpid", NO_PID), IS("error", "ESRCH")), 1);
		CHECK_EQ(
			rows(job, IS("call", "tkill"), IS("signal", "SIGINT"), IS("tpid", NOTHING), IS("ttid", NO_PID)),
			1);
		CHECK_EQ(rows(job, IS("call", "tgkill"), IS("signal", "SIGRTMIN+0"), IS("tpid", child.pid),
			      IS("ttid", NO_PID)),
			 1);
		CHECK_EQ(rows(job, IS("call", "rt_sigqueueinfo"), IS("signal", "SIGRTMIN+1"), IS("tpid", NO_PID)), 1);
		CHECK_EQ(rows(job, IS("call", "rt_tgsigqueueinfo"), IS("signal", "SIGRTMIN+2"), IS("ttid", NO_PID)), 1);
		CHECK_EQ(rows(job, IS("call", "pidfd_send_signal"), IS("signal", "SIGQUIT"), IS("error", "EBADF")), 1);
	}
}

/* Its own queue is full at once: the user's real-time signals are limited to one. */
static void overflow(void *arg)
{
	struct rlimit one = {0, 0};
	union sigval value = {.sival_int = 1};
	sigset_t all;

	(void)arg;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	REQUIRE(setrlimit(RLIMIT_SIGPENDING, &one) == 0);
	CHECK(sigqueue(getpid(), 40, value) == -1 && errno == EAGAIN);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	signal(SIGUSR2, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
}

static void ignores(void *arg)
{
	(void)arg;
	signal(SIGUSR2, SIG_IGN);
	CHECK(kill(getpid(), SIGUSR2) == 0);
}

TEST(sigsnoop, "a full queue, a signal that is pending already, and one that is ignored are told as such, each once")
{
	struct child full = child_new(NULL, 0, overflow, NULL), deaf = child_new(NULL, 0, ignores, NULL);
	struct job *job = tool_start("sigsnoop", "--target", text("%d,%d", full.pid, deaf.pid)),
		   *failed = tool_start("sigsnoop", "-x", "-p", pid_text(full.pid));

	child_go(&full);
	child_wait(&full);
	child_run(&deaf);
	tool_stop(job);
	tool_stop(failed);
	CHECK_EQ(rows(job, IS("tpid", full.pid), IS("signal", "SIGRTMIN+6")), 1);
	CHECK_EQ(rows(job, IS("tpid", full.pid), IS("signal", "SIGRTMIN+6"), IS("result", "overflow"),
		      IS("error", "EAGAIN")),
		 1);
	CHECK_EQ(rows(job, IS("tpid", full.pid), IS("signal", "SIGUSR1")), 2);
	CHECK_EQ(rows(job, IS("tpid", full.pid), IS("signal", "SIGUSR1"), IS("result", "pending")), 1);
	CHECK_EQ(
		rows(job, IS("tpid", deaf.pid), IS("signal", "SIGUSR2"), IS("result", "ignored"), IS("error", NOTHING)),
		1);
	CHECK_EQ(rows(failed), 1);
	CHECK_EQ(rows(failed, IS("signal", "SIGRTMIN+6"), IS("error", "EAGAIN")), 1);
}

TEST(sigsnoop, "-s takes names and numbers, real-time ones too, and --target and -n choose as they should")
{
	struct target a = target_new(0, false), b = target_new(0, false);
	const char *me = pid_text(getpid());
	struct job *some = tool_start("sigsnoop", "-p", me, "-s", "usr1,SIGRTMIN+3,64,12"),
		   *one = tool_start("sigsnoop", "-p", me, "--target", pid_text(b.pid)),
		   *name = tool_start("sigsnoop", "-p", me, "-n", "no-such-name");
	static const int signals[] = {SIGUSR1, SIGUSR2, SIGHUP, 34, 37, 63, 64};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		REQUIRE(kill(i % 2 ? b.pid : a.pid, signals[i]) == 0);
	tool_stop(some);
	tool_stop(one);
	tool_stop(name);
	CHECK_EQ(sent(some), 4);
	CHECK_EQ(rows(some, IS("signal", "SIGUSR1"), IS("tpid", a.pid)), 1);
	CHECK_EQ(rows(some, IS("signal", "SIGUSR2"), IS("tpid", b.pid)), 1);
	CHECK_EQ(rows(some, IS("signal", "SIGRTMIN+3"), IS("tpid", a.pid)), 1);
	CHECK_EQ(rows(some, IS("signal", "SIGRTMIN+30"), IS("tpid", a.pid)), 1);
	CHECK_EQ(sent(one), 3);
	CHECK_EQ(rows(one, IS("tpid", b.pid)), 3);
	CHECK_EQ(sent(name), 0);
	target_end(&a);
	target_end(&b);
}

TEST(sigsnoop, "what is no signal is refused with one line")
{
	static const char *const bad[] = {"",	     "SIG", "TERMINATE", "RTMIN+", "RTMIN+31",
					  "RTMIN+x", "65",  "-1",	 "9x",	   "TERM,,KILL"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "sigsnoop", "-d", "100ms", "-s", bad[i]);

		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1))
			fprintf(stderr, "  -s '%s'\n", bad[i]);
	}
	CHECK_EQ(run("corekit", "sigsnoop", "-d", "100ms", "--target", "x")->status, 2);
}

static void die_of_it(void *arg)
{
	*(volatile int *)arg = 1;
}

TEST(sigsnoop, "signals that the kernel makes have their reason")
{
	struct child child = child_new("dying", 0, die_of_it, NULL);
	struct job *job = tool_start("sigsnoop", "-p", pid_text(child.pid));
	struct job *timer;

	child_go(&child);
	child_wait(&child);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("signal", "SIGSEGV"), IS("code", "SEGV_MAPERR"), IS("tpid", child.pid)), 1);
	CHECK_EQ(rows(job, IS("signal", "SIGCHLD"), IS("tpid", getpid())), 1);
	CHECK(rows(job, IS("signal", "SIGCHLD"), IS("code", "CLD_KILLED")) + rows(job, IS("code", "CLD_DUMPED")) == 1);
	timer = tool_start("sigsnoop", "--target", pid_text(getpid()), "-s", "40");
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 40};
	struct itimerspec soon = {.it_value = {0, 1000000}};
	siginfo_t info;
	sigset_t set;
	timer_t id;

	sigemptyset(&set);
	sigaddset(&set, 40);
	sigprocmask(SIG_BLOCK, &set, NULL);
	REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &id) == 0);
	for (int i = 0; i < 10; i++)
		REQUIRE(timer_settime(id, 0, &soon, NULL) == 0 && sigwaitinfo(&set, &info) == 40);
	tool_stop(timer);
	CHECK_BETWEEN(10 * SEEN_OF_INTERRUPTS, rows(timer, IS("signal", "SIGRTMIN+6"), IS("code", "SI_TIMER"),
						     IS("tpid", getpid())), 10);
}

static void flood(void *arg)
{
	pin(1);
	for (;; nap(1000000))
		for (int i = 0; i < 50; i++)
			kill(*(pid_t *)arg, SIGURG);	/* ignored, which is told as well */
}

TEST(sigsnoop, "a timer's signal is shown whoever its interrupt hits, the tool itself too")
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 40};
	struct itimerspec soon = {.it_value = {0, 300000}};
	pid_t me = getpid();
	struct child noise = child_new("noise", 0, flood, &me);
	struct job *job;
	cpu_set_t first;
	siginfo_t info;
	sigset_t set;
	timer_t id;

	/* The tool has work on the CPU that the timers fire on. */
	pin(0);
	REQUIRE(sched_getaffinity(0, sizeof(first), &first) == 0);
	job = tool_start("sigsnoop", "-b", "64m", "--target", pid_text(me));
	REQUIRE(sched_setaffinity(job->pid, sizeof(first), &first) == 0);
	child_go(&noise);
	sigemptyset(&set);
	sigaddset(&set, 40);
	sigprocmask(SIG_BLOCK, &set, NULL);
	REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &id) == 0);
	for (int i = 0; i < 300; i++) {
		REQUIRE(timer_settime(id, 0, &soon, NULL) == 0);
		REQUIRE(sigwaitinfo(&set, &info) == 40);
	}
	kill(noise.pid, SIGKILL);
	tool_stop(job);
	CHECK_BETWEEN(300 * SEEN_OF_INTERRUPTS, rows(job, IS("signal", "SIGRTMIN+6"), IS("code", "SI_TIMER")), 300);
	CHECK_NO_LOSS(job);
}

TEST(sigsnoop, "killsnoop is sigsnoop --calls, by first argument and by the name of the program")
{
	struct target target = target_new(0, false);
	const char *me = pid_text(getpid());
	struct job *job = tool_start("killsnoop", "-p", me), *link;
	struct stat st;

	REQUIRE(kill(target.pid, SIGUSR1) == 0);
	tool_stop(job);
	CHECK_EQ(sent(job), 1);
	CHECK_EQ(rows(job, IS("call", "kill"), IS("tpid", target.pid), IS("signal", "SIGUSR1")), 1);
	target_end(&target);
	REQUIRE(stat(corekit_path, &st) == 0 && symlink(realpath(corekit_path, NULL), tmp("bpf-killsnoop")) == 0);
	link = run(tmp("bpf-killsnoop"), "-d", "10ms", "-f", "csv");
	CHECK_EQ(link->status, 0);
	CHECK_HAS(link->out, "pid,comm,signal,tpid,call,result,error");
	CHECK_HAS(run("corekit", "sigsnoop", "--help")->out, "killsnoop is another name");
}
