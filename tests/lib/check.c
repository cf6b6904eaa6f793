// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a test says of itself, and the child it runs in. */
#include <ftw.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "test.h"
#include "inside.h"

/* Shared with the runner, so that forked children of a test count as well. */
static struct verdict {
	int failures;
	bool skipped, blinded;
	char reason[400];
} * verdict;

char test_dir[64];

void test_failed(const char *file, int line, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	if (verdict)
		__atomic_add_fetch(&verdict->failures, 1, __ATOMIC_RELAXED);
}

void test_end(void)
{
	fflush(NULL);
	_exit(verdict && verdict->failures ? 1 : 0);
}

void test_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, args);
	va_end(args);
	verdict->skipped = true;
	test_end();
}

void test_blinded(void)
{
	verdict->blinded = true;
}

bool check_eq(const char *file, int line, const char *what, long long got, long long want)
{
	if (got != want)
		test_failed(file, line, "%s: is %lld, not %lld", what, got, want);
	return got == want;
}

bool check_between(const char *file, int line, const char *what, double low, double got, double high)
{
	bool is = got >= low && got <= high;

	if (!is)
		test_failed(file, line, "%s: %.15g is not between %.15g and %.15g", what, got, low, high);
	return is;
}

/* A string as C would write it, cut where nobody would read on. */
static const char *quoted(const char *s)
{
	char *q, *at;
	size_t i;

	if (!s)
		return "(none)";
	q = at = malloc(2100);
	*at++ = '"';
	for (i = 0; s[i] && i < 500; i++) {
		unsigned char c = s[i];

		if (c == '\n')
			at += sprintf(at, "\\n");
		else if (c < ' ' || c > '~')
			at += sprintf(at, "\\%03o", c);
		else if (c == '"' || c == '\\')
			at += sprintf(at, "\\%c", c);
		else
			*at++ = c;
	}
	strcpy(at, s[i] ? "\"…" : "\"");
	return q;
}

bool check_str(const char *file, int line, const char *what, const char *got, const char *want)
{
	bool same = got && want ? !strcmp(got, want) : got == want;

	if (!same)
		test_failed(file, line, "%s: is %s, not %s", what, quoted(got), quoted(want));
	return same;
}

bool check_has(const char *file, int line, const char *what, const char *got, const char *part)
{
	bool has = got && strstr(got, part);

	if (!has)
		test_failed(file, line, "%s: is %s, without %s", what, quoted(got), quoted(part));
	return has;
}

static int forget(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	remove(path);
	return 0;
}

/* Ends whatever a test left running, also what went to a process group of its own: we are its subreaper. */
static void reap(pid_t pid)
{
	char path[64], *children, *at;

	kill(-pid, SIGKILL);
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	for (int tries = 0; tries < 1000; tries++) {
		pid_t gone;

		while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (gone < 0)
			return;
		children = file_text(path);
		for (at = strtok(children, " "); at; at = strtok(NULL, " "))
			kill(atoi(at), SIGKILL);
		free(children);
		usleep(5000);
	}
}

static void child(const struct test *test, int output)
{
	setpgid(0, 0);
	close(0);
	open("/dev/null", O_RDONLY);
	dup2(output, 1);
	dup2(output, 2);
	setvbuf(stdout, NULL, _IONBF, 0);
	test->body();
	test_end();
}

struct outcome test_run(const struct test *test)
{
	unsigned int seconds = (test->timeout ?: 60) * slow();
	struct outcome outcome = {FAILED};
	int output = memfd_create("output", MFD_CLOEXEC), pidfd, status = 0;
	char outer_dir[sizeof(test_dir)];
	struct verdict *outer = verdict;
	uint64_t start = now_ns();
	struct pollfd wait;
	bool late = false;
	pid_t pid;

	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(outer_dir, test_dir);
	snprintf(test_dir, sizeof(test_dir), "%s/corekit-test.XXXXXX", access("/tmp", W_OK) ? "/dev/shm" : "/tmp");
	if (output < 0 || verdict == MAP_FAILED || !mkdtemp(test_dir)) {
		fprintf(stderr, "truth: cannot prepare a test: %m\n");
		exit(1);
	}
	chmod(test_dir, 0755);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fflush(NULL);
	pid = fork();
	if (!pid)
		child(test, output);
	setpgid(pid, pid);
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	wait = (struct pollfd){pidfd, POLLIN, 0};
	late = poll(&wait, 1, seconds * 1000) == 0;
	if (late)
		kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	reap(pid);
	cgroups_forget(pid);
	nftw(test_dir, forget, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	if (late)
		dprintf(output, "%s:%d: not done within %u s\n", test->file, test->line, seconds);
	else if (WIFSIGNALED(status))
		dprintf(output, "%s:%d: killed by signal %d (%s)\n", test->file, test->line, WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else if (verdict->skipped && !verdict->failures && !status)
		outcome.result = SKIPPED;
	else if (verdict->blinded && verdict->failures) {
		outcome.result = SKIPPED;
		strcpy(verdict->reason, "void: the kernel counted calls of the tool's programs that it skipped, and something was missing");
	}
	else if (!verdict->failures && !status)
		outcome.result = PASSED;
	outcome.seconds = (now_ns() - start) / 1e9;
	outcome.output = fd_text(output, NULL);
	outcome.reason = strdup(verdict->reason);
	munmap(verdict, sizeof(*verdict));
	close(output);
	close(pidfd);
	verdict = outer;
	strcpy(test_dir, outer_dir);
	return outcome;
}
