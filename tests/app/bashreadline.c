// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <termios.h>
#include "test.h"

#define BASH	"/bin/bash"
#define LONGEST 4095

/* A shell on a terminal. Its lines make files, by which it is known that they were done. */
struct shell {
	pid_t pid;
	int terminal;
};

static struct shell shell_start(const char *program)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	struct shell shell;

	shell.pid = forkpty(&shell.terminal, NULL, NULL, &size);
	REQUIRE(shell.pid >= 0);
	if (!shell.pid) {
		setenv("TERM", "dumb", 1);
		setenv("HISTFILE", "", 1);
		execl(program, "bash", "--norc", "--noprofile", "-i", NULL);
		_exit(127);
	}
	fcntl(shell.terminal, F_SETFL, O_NONBLOCK);
	return shell;
}

static void drain(struct shell *shell)
{
	char bytes[4096];

	while (read(shell->terminal, bytes, sizeof(bytes)) > 0)
		;
}

/* readline() has set the terminal to its own mode: it waits for a line. */
static bool is_reading(void *arg)
{
	struct shell *shell = arg;
	struct termios mode;

	drain(shell);
	return !tcgetattr(shell->terminal, &mode) && !(mode.c_lflag & ICANON);
}

static void enter(struct shell *shell, const char *line)
{
	uint64_t end = now_ns() + 20e9 * slow();
	size_t at = 0, size = strlen(line);

	REQUIRE(until(20, is_reading, shell));
	while (at <= size && now_ns() < end) {
		struct pollfd wait = {shell->terminal, POLLIN | POLLOUT, 0};
		size_t part = size - at > 256 ? 256 : size - at;
		ssize_t n = at < size ? write(shell->terminal, line + at, part) : write(shell->terminal, "\n", 1);

		at += n > 0 ? n : 0;
		drain(shell);
		poll(&wait, 1, 5);
	}
	REQUIRE(at == size + 1);
}

struct pair {
	struct shell *shell;
	const char *path;
};

static bool is_there(void *arg)
{
	struct pair *pair = arg;

	drain(pair->shell);
	return !access(pair->path, F_OK);
}

/* A line that makes `path`. */
static void enter_and_wait(struct shell *shell, const char *line, const char *path)
{
	struct pair pair = {shell, path};

	enter(shell, line);
	REQUIRE(until(20, is_there, &pair));
}

static void needs_bash(void)
{
	if (access(BASH, X_OK))
		SKIP("no " BASH " here");
}

static void copy(const char *from, const char *to)
{
	REQUIRE(run("cp", from, to)->status == 0);
}

TEST(bashreadline, "each line is shown as it was entered, in shells older and younger than the tool")
{
	struct shell old, young;
	struct job *job;
	const char *lines[] = {
		text("echo 'two  words' \"\\\\\" | cat >%s", tmp("one")),
		text("printf '%%s' \"$(echo a)\" && true; : >%s", tmp("two")),
	};

	needs_bash();
	old = shell_start(BASH);
	REQUIRE(until(20, is_reading, &old));
	job = tool_start("bashreadline");
	young = shell_start(BASH);
	enter_and_wait(&old, lines[0], tmp("one"));
	enter_and_wait(&young, lines[1], tmp("two"));
	enter(&old, "");
	enter(&old, "for i in 1; do");
	enter_and_wait(&old, text(">%s", tmp("three")), tmp(NULL));
	enter_and_wait(&old, "done", tmp("three"));
	/* The end of the input is no line. */
	REQUIRE(until(20, is_reading, &old) && write(old.terminal, "\004", 1) == 1);
	enter_and_wait(&young, text("bash -c 'echo script'; (: >%s)", tmp("four")), tmp("four"));
	tool_stop(job);
	CHECK_EQ(rows(job, IS("pid", old.pid), IS("tid", old.pid), IS("comm", "bash"), IS("command", lines[0])), 1);
	CHECK_EQ(rows(job, IS("pid", young.pid), IS("command", lines[1])), 1);
	CHECK_EQ(rows(job, IS("pid", old.pid), IS("command", "")), 1);
	CHECK_EQ(rows(job, IS("pid", old.pid), IS("command", "for i in 1; do")), 1);
	CHECK_EQ(rows(job, IS("pid", old.pid), IS("command", text(">%s", tmp("three")))), 1);
	CHECK_EQ(rows(job, IS("pid", old.pid)), 5);
	CHECK_EQ(rows(job, IS("pid", young.pid)), 2);
	CHECK_NO_LOSS(job);
}

TEST(bashreadline, "lines of up to 4,095 bytes are shown whole, longer ones marked", .timeout = 120)
{
	struct shell shell;
	struct job *job;
	char *whole, *longer;
	size_t at;
	json_t *row;

	needs_bash();
	whole = malloc(LONGEST + 2);
	at = sprintf(whole, ">%s ", tmp("whole"));
	memset(whole + at, 'x', LONGEST - at);
	whole[LONGEST] = 0;
	longer = malloc(LONGEST + 2);
	at = sprintf(longer, ">%s ", tmp("longer"));
	memset(longer + at, 'y', LONGEST + 1 - at);
	longer[LONGEST + 1] = 0;
	shell = shell_start(BASH);
	REQUIRE(until(20, is_reading, &shell));
	job = tool_start("bashreadline", "-p", text("%d", shell.pid));
	enter_and_wait(&shell, whole, tmp("whole"));
	enter_and_wait(&shell, longer, tmp("longer"));
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	row = row(job, IS("command", whole));
	CHECK(json_is_false(json_object_get(row, "cut")));
	longer[LONGEST] = 0;
	row = row(job, IS("command", longer));
	CHECK(json_is_true(json_object_get(row, "cut")));
}

TEST(bashreadline, "-p follows one shell, by whatever name its program goes; -s names a program")
{
	struct shell one, other;
	struct job *by_pid, *by_file, *usual;

	needs_bash();
	copy(BASH, tmp("shell"));
	one = shell_start(tmp("shell"));
	other = shell_start(BASH);
	REQUIRE(until(20, is_reading, &one) && until(20, is_reading, &other));
	by_pid = tool_start("bashreadline", "-p", text("%d", one.pid));
	by_file = tool_start("bashreadline", "-s", tmp("shell"));
	usual = tool_start("bashreadline");
	enter_and_wait(&one, text(": >%s", tmp("one")), tmp("one"));
	enter_and_wait(&other, text(": >%s", tmp("other")), tmp("other"));
	tool_stop(by_pid);
	tool_stop(by_file);
	tool_stop(usual);
	CHECK_EQ(rows(by_pid), 1);
	CHECK_EQ(rows(by_pid, IS("pid", one.pid), IS("command", text(": >%s", tmp("one")))), 1);
	CHECK_EQ(rows(by_file), 1);
	CHECK_EQ(rows(by_file, IS("pid", one.pid)), 1);
	CHECK_EQ(rows(usual, IS("pid", one.pid)), 0);
	CHECK_EQ(rows(usual, IS("pid", other.pid), IS("command", text(": >%s", tmp("other")))), 1);
}

/* Another root: a folder with a bash of its own. */
static void in_chroot(void *arg)
{
	REQUIRE(chroot(tmp("root")) == 0 && chdir("/") == 0);
	execl(BASH, "bash", "--norc", "--noprofile", "-i", NULL);
	(void)arg;
}

TEST(bashreadline, "a shell in another root is found")
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	struct shell shell;
	struct job *job;

	needs_bash();
	REQUIRE(mkdir(tmp("root"), 0755) == 0 && mkdir(tmp("root/tmp"), 0755) == 0);
	REQUIRE(run("sh", "-c",
		    text("for f in " BASH " $(LD_TRACE_LOADED_OBJECTS=1 " BASH " | grep -o '/[^ ]*'); do "
			 "mkdir -p %s/${f%%/*} && cp -L $f %s/$f || exit 1; done",
			 tmp("root"), tmp("root")))
			->status == 0);
	shell.pid = forkpty(&shell.terminal, NULL, NULL, &size);
	REQUIRE(shell.pid >= 0);
	if (!shell.pid)
		in_chroot(NULL);
	fcntl(shell.terminal, F_SETFL, O_NONBLOCK);
	REQUIRE(until(20, is_reading, &shell));
	job = tool_start("bashreadline");
	enter_and_wait(&shell, ": >/tmp/inside", tmp("root/tmp/inside"));
	tool_stop(job);
	CHECK_EQ(rows(job, IS("pid", shell.pid), IS("command", ": >/tmp/inside")), 1);
	CHECK_EQ(rows(job, IS("pid", shell.pid)), 1);
}

TEST(bashreadline, "a file that has no readline, or isn't there, is refused with one line")
{
	const char *const files[] = {"/bin/true", "/nowhere", "/etc/passwd", "/"};

	for (int i = 0; i < 4; i++) {
		struct job *job = run("corekit", "bashreadline", "-s", files[i]);

		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
		CHECK_HAS(job->err, files[i]);
	}
}
