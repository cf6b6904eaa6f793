// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the kernel keeps attached without a link, filters of clsact and of sockets, goes with the tool all the same: a child that
 * holds nothing but a pipe is told of each beforehand, and removes them when the pipe's other end is closed, by whatever cause.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "lib/hook.h"
#include "lib/netdev.h"

#define MOST 256

static int to_guard = -1, answer = -1;
static pid_t guard;

static int remove_qdisc(int index)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = index, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	if (netdev_count_filters(index, false) || netdev_count_filters(index, true))
		return 0;	/* somebody else's are in it, or it has gone with its interface */
	return bpf_tc_hook_destroy(&hook);
}

static int remove_filter(const struct guarded *g)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = g->index, .attach_point = g->egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = 1, .priority = g->priority);

	if (bpf_tc_query(&hook, &filter) || filter.prog_id != g->program)
		return 0;	/* never attached, or gone with its interface, or replaced */
	filter.prog_fd = filter.prog_id = filter.flags = 0;
	return bpf_tc_detach(&hook, &filter);
}

/* Each socket of the internet that a process has, as a descriptor of ours. */
int guard_each_socket(int pid, int (*fn)(void *ctx, int fd, __u64 cookie), void *ctx)
{
	int process = syscall(SYS_pidfd_open, pid, 0), ret = process < 0 ? -errno : 0;
	char path[64], target[32];
	struct dirent *entry;
	DIR *dir = NULL;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	if (!ret && !(dir = opendir(path)))
		ret = -errno;
	while (!ret && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		socklen_t size = sizeof(int);
		int fd, family = 0;
		__u64 cookie;

		if (n < 7 || memcmp(target, "socket:", 7))
			continue;
		fd = syscall(SYS_pidfd_getfd, process, atoi(entry->d_name), 0);
		if (fd < 0) {
			ret = errno == EBADF ? 0 : -errno;
			continue;
		}
		if (!getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) && (family == AF_INET || family == AF_INET6) &&
		    (size = sizeof(cookie), !getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size)))
			ret = fn(ctx, fd, cookie);
		close(fd);
	}
	if (dir)
		closedir(dir);
	if (process >= 0)
		close(process);
	return ret;
}

/* The filter of a socket: -EACCES where it is a program of eBPF, instructions of classic BPF otherwise; 0: none. */
int guard_socket_filter(int fd)
{
	socklen_t n = 0;

	return getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &n) ? -errno : (int)n;
}

static int remove_socket(void *ctx, int fd, __u64 cookie)
{
	const struct guarded *g = ctx;

	if (cookie == g->cookie && guard_socket_filter(fd) == -EACCES &&
	    setsockopt(fd, SOL_SOCKET, SO_DETACH_BPF, &fd, sizeof(fd)) && errno != ENOENT)
		return -errno;
	return 0;
}

int guard_remove(const struct guarded *g)
{
	int ret;

	if (g->cookie) {
		ret = guard_each_socket(g->pid, remove_socket, (void *)g);
		return ret == -ESRCH || ret == -ENOENT ? 0 : ret;	/* gone with its sockets */
	}
	ret = g->program ? remove_filter(g) : 0;
	if (g->qdisc)
		ret = remove_qdisc(g->index) ?: ret;
	return ret;
}

static int remove_all(int none)
{
	static struct guarded list[MOST];
	int n = 0, ret = 0;

	while (n < MOST && read(0, &list[n], sizeof(*list)) == sizeof(*list))
		n = list[n].stay ? 0 : n + 1;
	while (n--)
		ret = guard_remove(&list[n]) ?: ret;
	return ret;
}

/* Its descriptors: 0 from the tool, 1 to it, then those that it keeps. */
static void __attribute__((noreturn)) guard_run(int from, int to, int (*work)(int first), const int *keep, int n)
{
	int ret = 0, high[8] = {};

	setsid();
	if (chdir("/"))
		ret = 0;	/* then what it was in stays busy */
	prctl(PR_SET_NAME, "corekit-guard");
	for (int i = 0; i < n; i++)
		high[i] = fcntl(keep[i], F_DUPFD, 64);
	if (dup2(from, 0) || dup2(to, 1) != 1)
		_exit(1);
	for (int i = 0; i < n; i++)
		if (dup2(high[i], 2 + i) != 2 + i)
			_exit(1);
	if (syscall(SYS_close_range, 2 + n, ~0U, 0))
		for (int i = 2 + n; i < 1024; i++)
			close(i);
	ret = work(2);
	_exit(write(1, &ret, sizeof(ret)) != sizeof(ret));
}

/* It is born with all signals blocked, for good: none ends it before its work is done. */
static pid_t fork_blocked(void)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int guard_fork(int (*work)(int first), const int *keep, int n)
{
	int down[2], up[2], ret;
	pid_t pid;

	if (guard)
		return 0;
	if (pipe2(down, O_CLOEXEC))
		return -errno;
	if (pipe2(up, O_CLOEXEC)) {
		ret = -errno;
		close(down[0]);
		close(down[1]);
		return ret;
	}
	pid = fork_blocked();
	if (!pid) {
		close(down[1]);
		guard_run(down[0], up[1], work, keep, n);
	}
	ret = pid < 0 ? -errno : 0;
	close(down[0]);
	close(up[1]);
	if (ret) {
		close(down[1]);
		close(up[0]);
		return ret;
	}
	guard = pid;
	to_guard = down[1];
	answer = up[0];
	return 0;
}

int guard_start(void)
{
	return guard_fork(remove_all, NULL, 0);
}

int guard_tell(const struct guarded *what)
{
	static int told;

	if (told++ == MOST)
		return -E2BIG;
	return write(to_guard, what, sizeof(*what)) == sizeof(*what) ? 0 : -EPIPE;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int guard_end_within(int ms)
{
	struct pollfd fd = { .fd = answer, .events = POLLIN };
	long long deadline;
	int ret = 0;
	ssize_t n;

	if (!guard)
		return 0;
	if (to_guard >= 0)
		close(to_guard);
	to_guard = -1;
	deadline = now_ms() + ms;
	while (ms >= 0 && (n = poll(&fd, 1, deadline > now_ms() ? deadline - now_ms() : 0)) <= 0)
		if (!n || errno != EINTR)
			return guard;
	do {
		n = read(answer, &ret, sizeof(ret));
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(ret))
		ret = -ECHILD;
	close(answer);
	while (waitpid(guard, NULL, 0) < 0 && errno == EINTR)
		;
	guard = 0;
	return ret;
}

int guard_end(void)
{
	return guard_end_within(-1);
}
