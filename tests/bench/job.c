// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * job [-o OUT] [-e ERR] [-R ROOT] [-f] [-r] [-l "LOAD WORDS"] -- COMMAND...
 *
 * Runs a contender on CPU 0, waits until it is ready, runs the load on CPU 1, waits until
 * the contender has shown all that it took, ends it with SIGINT, and prints what it cost
 * as KEY=VALUE words.  Without a command only the load runs.
 *
 * "Ready" is the same question for everyone: its first thread sleeps, for 2 ms at least, in
 * a call that waits for events, time or a signal, and it holds something of BPF.  What is
 * told is when that sleep began.  -f: the command also writes to a descriptor (--ready-fd).
 * -r: load and contender alike at a real-time priority, so that others disturb less.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READY_FD 9
#define MSEC 1000000LL
#define PATIENCE (40000 * MSEC)	/* for a start, and for the end */

static const char *out = "/dev/null", *err = "/dev/null", *root, *load;
static bool tells, realtime;
static pid_t tool;

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 * MSEC + ts.tv_nsec;
}

static void nap(long long ns)
{
	nanosleep(&(struct timespec){ ns / (1000 * MSEC), ns % (1000 * MSEC) }, NULL);
}

static __attribute__((noreturn)) void fail(const char *what)
{
	printf("error=%s\n", what);
	if (tool > 0)
		kill(tool, SIGKILL);
	exit(1);
}

static void pin(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) > 1 ? cpu : 0, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void to_file(const char *path, int as)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || dup2(fd, as) < 0)
		_exit(126);
}

/* The folder gets this machine's /proc, /sys and /dev, seen by this process alone. */
static void enter(const char *dir)
{
	static const char *const mounts[] = { "/proc", "/sys", "/dev" };
	char path[4096];

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		_exit(126);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", dir, mounts[i]);
		if (mount(mounts[i], path, NULL, MS_BIND | MS_REC, NULL))
			_exit(126);
	}
	if (chroot(dir) || chdir("/"))
		_exit(126);
}

static ssize_t read_proc(const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", tool, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, size - 1);
	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = 0;
	return n;
}

/* Does it sleep in a call in which tools wait? */
static bool waits(void)
{
	static const int calls[] = {
		SYS_epoll_pwait, SYS_ppoll, SYS_pselect6, SYS_clock_nanosleep, SYS_nanosleep,
		SYS_rt_sigtimedwait, SYS_rt_sigsuspend,
#ifdef SYS_epoll_wait
		SYS_epoll_wait, SYS_poll, SYS_select, SYS_pause,
#endif
	};
	static int fd = -1;
	char text[256];
	ssize_t n;

	if (fd < 0) {	/* once: some contenders see each file that is opened */
		snprintf(text, sizeof(text), "/proc/%d/syscall", tool);
		fd = open(text, O_RDONLY | O_CLOEXEC);
	}
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n < 1 || *text < '0' || *text > '9')
		return false;
	text[n] = 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (atoi(text) == calls[i])
			return true;
	return false;
}

static bool holds_bpf(void)
{
	char dir[64], path[512], to[128];
	struct dirent *e;
	bool found = false;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%d/fd", tool);
	d = opendir(dir);
	while (d && !found && (e = readdir(d))) {
		ssize_t n;

		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		n = readlink(path, to, sizeof(to) - 1);
		to[n > 0 ? n : 0] = 0;
		found = strstr(to, "bpf") || strstr(to, "perf_event");
	}
	if (d)
		closedir(d);
	return found;
}

static double ready_ms(long long start, int told, double *told_ms)
{
	struct pollfd pfd = { .fd = told, .events = POLLIN };
	long long since = 0;
	bool said = false;

	for (;;) {
		long long t = now();

		if (waitpid(tool, &(int){ 0 }, WNOHANG) == tool) {
			tool = 0;
			fail("it ended by itself");
		}
		if (t - start > PATIENCE)
			fail("it never became ready");
		if (told >= 0 && poll(&pfd, 1, 0) == 1) {
			*told_ms = (t - start) / 1e6;
			told = -1;
			said = true;
		}
		if (!waits())
			since = 0;
		else if (!since)
			since = t;
		else if (t - since > 2 * MSEC && (said || holds_bpf()))	/* not all need BPF */
			return (since - start) / 1e6;
		nap(20000);
	}
}

static long long cpu_used(void)
{
	char text[128];

	return read_proc("schedstat", text, sizeof(text)) > 0 ? atoll(text) : 0;
}

/* Until it has been idle for 0.4 s. */
static void settle(void)
{
	long long until = now() + PATIENCE, before, quiet = 0;

	while (now() < until && quiet < 4) {
		before = cpu_used();
		nap(100 * MSEC);
		quiet = cpu_used() - before < MSEC ? quiet + 1 : 0;
	}
}

/* Peak of the resident size, and how much of it is shared with the kernel's buffers (in KiB). */
static void memory(long *peak, long *buffers)
{
	static char text[1 << 20];
	char *line, *save, *at;
	bool buffer = false;

	read_proc("status", text, sizeof(text));
	at = strstr(text, "VmHWM:");
	*peak = at ? atol(at + 6) : 0;
	*buffers = 0;

	char path[64];
	FILE *f;
	static char row[4096];

	snprintf(path, sizeof(path), "/proc/%d/smaps", tool);
	f = fopen(path, "r");
	while (f && fgets(row, sizeof(row), f)) {
		line = strtok_r(row, "\n", &save);
		if (line && strchr(line, '-') && strchr(line, '-') < strchr(line, ' '))
			buffer = strstr(line, "bpf-map") || strstr(line, "perf_event");
		else if (line && buffer && !strncmp(line, "Rss:", 4))
			*buffers += atol(line + 4);
	}
	if (f)
		fclose(f);
}

/* Prints what the load says of itself. */
static void run_load(void)
{
	char text[128] = "";
	long long wall, cpu;
	FILE *f;
	long made, n;

	f = popen(load, "r");
	if (!f || !fgets(text, sizeof(text), f) || sscanf(text, "%ld %ld %lld %lld", &made, &n, &wall, &cpu) != 4)
		fail("the load failed");
	pclose(f);
	printf("made=%ld timed=%ld wall=%lld cpu=%lld ", made, n, wall, cpu);
}

int main(int argc, char **argv)
{
	long long *start = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double told_ms = -1, ms = 0;
	long peak, buffers;
	struct rusage used;
	int pipes[2], c, status;
	long long until;

	while ((c = getopt(argc, argv, "+o:e:R:l:fr")) != -1) {
		switch (c) {
		case 'o': out = optarg; break;
		case 'e': err = optarg; break;
		case 'R': root = optarg; break;
		case 'l': load = optarg; break;
		case 'f': tells = true; break;
		case 'r': realtime = true; break;
		default: return 2;
		}
	}
	if (realtime && sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ 10 }))
		fail("no real-time priority");
	pin(1);
	if (optind == argc) {
		run_load();
		puts("");
		return 0;
	}
	if (pipe2(pipes, O_CLOEXEC))
		return 1;
	tool = fork();
	if (!tool) {
		pin(0);
		to_file(out, STDOUT_FILENO);
		to_file(err, STDERR_FILENO);
		dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
		if (root)
			enter(root);
		if (tells)
			dup2(pipes[1], READY_FD);
		*start = now();
		execvp(argv[optind], argv + optind);
		_exit(127);
	}
	close(pipes[1]);
	while (!*start && waitpid(tool, &status, WNOHANG) == 0)
		nap(10000);
	ms = ready_ms(*start, tells ? pipes[0] : -1, &told_ms);
	printf("ready=%.2f fd=%.2f ", ms, told_ms);
	if (load) {
		run_load();
		settle();
	} else {
		nap(250 * MSEC);
	}
	memory(&peak, &buffers);
	until = now() + PATIENCE;
	kill(tool, SIGINT);
	while (!wait4(tool, &status, WNOHANG, &used)) {
		if (now() > until)
			kill(tool, SIGKILL);
		nap(MSEC);
	}
	printf("peak=%ld buffers=%ld used=%ld status=%d\n", peak, buffers,
	       (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000L + used.ru_utime.tv_usec + used.ru_stime.tv_usec,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
