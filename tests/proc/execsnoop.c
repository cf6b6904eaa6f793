// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "test.h"

#define NOBODY 65534
#define TRUE   "/bin/true"
#define SHOWN  (32 << 10) /* bytes of arguments, each with its NUL */

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

struct exec {
	const char *path, *const *argv;
};

/* In a child of the test: whether the program, once started, likes its arguments is of no matter. */
static void do_exec(void *arg)
{
	struct exec *exec = arg;

	execve(exec->path, (char *const *)exec->argv, environ);
	_exit(errno);
}

static pid_t start(const char *path, const char *const *argv)
{
	struct exec exec = {path, argv};
	struct child child = child_new("starter", 0, do_exec, &exec);

	child_go(&child);
	child_wait(&child);
	return child.pid;
}

static struct job *children_of_ours(const char *option)
{
	const char *me = text("%d", getpid());

	return option ? tool_start("execsnoop", "-P", me, option) : tool_start("execsnoop", "-P", me);
}

static int count_of(const char *const *argv)
{
	int n = 0;

	while (argv[n])
		n++;
	return n;
}

static void check_args(json_t *row, const char *const *argv)
{
	json_t *args = json_object_get(row, "args");

	if (!CHECK(json_is_array(args)) || !CHECK_EQ((int)json_array_size(args), count_of(argv)))
		return;
	for (int i = 0; argv[i]; i++)
		if (!CHECK_STR(json_string_value(json_array_get(args, i)), argv[i])) {
			fprintf(stderr, "  argument %d\n", i);
			break;
		}
}

static bool is_cut(json_t *row)
{
	return json_is_true(json_object_get(row, "cut"));
}

TEST(execsnoop, "each program is shown once, with all its arguments as they are")
{
	const char *const *const lists[] = {
		ARGV("true"),
		ARGV("true", "", "", "last"),
		ARGV("true", ""),
		ARGV(""),
		ARGV("true", "two words", " ", "tab\t", "new\nline\r"),
		ARGV("true", "\"quoted\"", "'", "back\\slash", "\\udc80", "[\"a\",\"b\"]"),
		ARGV("true", "utf-8 \xc3\xa9", "latin1 \xe9", "\xf0\x9f\x98\x80", "cut \xe2\x82", "\x7f\x01\x80\xff"),
		ARGV("true", "\033[31mred\033[0m"),
	};
	struct job *job = children_of_ours(NULL);
	pid_t pids[sizeof(lists) / sizeof(*lists)];

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		pids[i] = start(TRUE, lists[i]);
	tool_stop(job);
	CHECK_EQ(rows(job), sizeof(lists) / sizeof(*lists));
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		json_t *shown = row(job, IS("pid", pids[i]), IS("tid", pids[i]), IS("ppid", getpid()),
				    IS("comm", "true"), IS("error", NOTHING), IS("path", TRUE));

		check_args(shown, lists[i]);
		CHECK(!is_cut(shown));
	}
	CHECK_NO_LOSS(job);
}

TEST(execsnoop, "a program started without arguments, not even its name, is shown")
{
	struct job *job = children_of_ours(NULL);
	pid_t pid = start(TRUE, ARGV(NULL));
	json_t *args;

	tool_stop(job);
	args = json_object_get(row(job, IS("pid", pid)), "args");
	/* Since 5.18 the kernel gives it an empty one. */
	CHECK(json_is_array(args) && (json_array_size(args) == 0 ||
				      (json_array_size(args) == 1 && !*json_string_value(json_array_get(args, 0)))));
}

/* "true" and as many short arguments as there shall be. */
static const char *const *many(int n)
{
	const char **argv = calloc(n + 2, sizeof(*argv));

	argv[0] = "true";
	for (int i = 1; i <= n; i++)
		argv[i] = text("%d", i % 100);
	return argv;
}

/* `size` bytes in all, with their NULs: "true" and one long one. */
static const char *const *sized(size_t size)
{
	const char **argv = calloc(3, sizeof(*argv));
	char *arg = malloc(size);

	size -= strlen("true") + 2;
	for (size_t i = 0; i < size; i++)
		arg[i] = 'a' + i % 23;
	arg[size] = 0;
	argv[0] = "true";
	argv[1] = arg;
	return argv;
}

TEST(execsnoop, "10,000 arguments, and 32 KiB of them, are shown whole; what goes beyond is marked")
{
	const char *const *thousands = many(10000), *const *long_one = sized(30 << 10), *const *exact = sized(SHOWN),
			  *const *over = sized(SHOWN + 1), *const *far_over = sized(100 << 10);
	struct job *job = children_of_ours(NULL);
	pid_t a = start(TRUE, thousands), b = start(TRUE, long_one), c = start(TRUE, exact), d = start(TRUE, over),
	      e = start(TRUE, far_over);
	json_t *shown;

	tool_stop(job);
	CHECK_EQ(rows(job), 5);
	check_args(shown = row(job, IS("pid", a)), thousands);
	CHECK(!is_cut(shown));
	check_args(shown = row(job, IS("pid", b)), long_one);
	CHECK(!is_cut(shown));
	check_args(shown = row(job, IS("pid", c)), exact);
	CHECK(!is_cut(shown));
	for (int i = 0; i < 2; i++) {
		const char *want, *got;

		shown = row(job, IS("pid", i ? e : d));
		want = (i ? far_over : over)[1];
		got = json_string_value(json_array_get(json_object_get(shown, "args"), 1));
		CHECK(is_cut(shown));
		REQUIRE(got);
		CHECK_EQ((long)strlen(got), SHOWN - 5);
		CHECK(!strncmp(got, want, SHOWN - 5));
	}
	CHECK_NO_LOSS(job);
}

/* Strings and the array of their addresses, in pages of a file that nobody has touched. */
static void exec_untouched(void *arg)
{
	long page = sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open(tmp("pages"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *argv[] = {at + page, at + 2 * page, at + 3 * page, NULL};

	(void)arg;
	REQUIRE(at != MAP_FAILED && fd >= 0 && ftruncate(fd, 4 * page) == 0);
	REQUIRE(pwrite(fd, argv, sizeof(argv), 0) == sizeof(argv));
	REQUIRE(pwrite(fd, "true", 5, page) == 5 && pwrite(fd, "never", 6, 2 * page) == 6);
	REQUIRE(pwrite(fd, "touched", 8, 3 * page) == 8);
	REQUIRE(mmap(at, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) == at);
	execve(TRUE, (char **)at, environ);
}

TEST(execsnoop, "arguments in pages that were never touched are read")
{
	struct child child = child_new(NULL, 0, exec_untouched, NULL);
	struct job *job = tool_start("execsnoop", "-p", text("%d", child.pid));

	child_go(&child);
	child_wait(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	check_args(row(job, IS("pid", child.pid)), ARGV("true", "never", "touched"));
}

static int memory_file(void)
{
	int from = open(TRUE, O_RDONLY), to = memfd_create("program", MFD_CLOEXEC);
	char part[65536];
	ssize_t n;

	REQUIRE(from >= 0 && to >= 0);
	while ((n = read(from, part, sizeof(part))) > 0)
		REQUIRE(write(to, part, n) == n);
	return to;
}

static void exec_memory(void *arg)
{
	syscall(SYS_execveat, memory_file(), "", ARGV("true", "from memory"), environ, AT_EMPTY_PATH);
	_exit(*(int *)arg = errno);
}

static void exec_relative(void *arg)
{
	int dir = open("/bin", O_RDONLY | O_DIRECTORY);

	REQUIRE(dir >= 0);
	syscall(SYS_execveat, dir, "true", ARGV("true", "relative"), environ, 0);
	_exit(*(int *)arg = errno);
}

TEST(execsnoop, "execveat is seen: from a folder, and a program that is only in memory")
{
	int unused;
	struct child memory = child_new(NULL, 0, exec_memory, &unused),
		     relative = child_new(NULL, 0, exec_relative, &unused);
	struct job *job = children_of_ours(NULL);
	json_t *shown;

	child_run(&memory);
	child_run(&relative);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	shown = row(job, IS("pid", memory.pid));
	check_args(shown, ARGV("true", "from memory"));
	CHECK_HAS(string(shown, "path"), "/dev/fd/");
	CHECK_HAS(string(shown, "exe"), "memfd:program");
	shown = row(job, IS("pid", relative.pid));
	check_args(shown, ARGV("true", "relative"));
	CHECK_HAS(string(shown, "path"), "/true");
}

static void make(const char *path, const char *content, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	REQUIRE(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	REQUIRE(fchmod(fd, mode) == 0 && close(fd) == 0);
}

static const struct failure {
	const char *path, *error;
} failures[] = {
	{"/nowhere/at/all", "ENOENT"},
	{"/bin/true/x", "ENOTDIR"},
	{"not-executable", "EACCES"},
	{"garbage", "ENOEXEC"},
	{"", "ENOENT"},
};

/* A call may fail before the kernel has looked at its arguments, and a fork leaves the program's constants out. */
static void touch(const char *const *argv)
{
	for (; *argv; argv++)
		CHECK(strlen(*argv) < 1 << 20);
}

static void fail(void *arg)
{
	const char *const *argv = arg;

	touch(argv);
	REQUIRE(chdir(tmp(NULL)) == 0);
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		REQUIRE(execve(failures[i].path, (char *const *)argv, environ) == -1);
	REQUIRE(syscall(SYS_execveat, 12345, "at", argv, environ, 0) == -1 && errno == EBADF);
	REQUIRE(syscall(SYS_execve, 8, argv, environ) == -1 && errno == EFAULT);
	REQUIRE(syscall(SYS_execve, "/nowhere/null", NULL, environ) == -1);
	execve(TRUE, (char *const *)argv, environ);
}

TEST(execsnoop, "failed calls are shown with -x only, with errno, path and arguments")
{
	const char *const argv[] = {"true", "", "a \"b\"\n", "\xff", NULL};

	make(tmp("not-executable"), "#!/bin/true\n", 0644);
	make(tmp("garbage"), "\001\002\003\004", 0755);
	for (int x = 0; x < 2; x++) {
		struct child child = child_new("failer", 0, fail, (void *)argv);
		struct job *job = children_of_ours(x ? "-x" : NULL);
		json_t *shown;

		child_run(&child);
		tool_stop(job);
		check_args(row(job, IS("error", NOTHING), IS("comm", "true"), IS("pid", child.pid)), argv);
		if (!x) {
			CHECK_EQ(rows(job), 1);
			continue;
		}
		CHECK_EQ(rows(job), 1 + sizeof(failures) / sizeof(*failures) + 3);
		CHECK_EQ(rows(job, IS("comm", "failer"), IS("pid", child.pid), IS("ppid", getpid())), rows(job) - 1);
		for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
			shown = row(job, IS("path", failures[i].path), IS("error", failures[i].error));
			check_args(shown, argv);
			CHECK(!is_cut(shown));
			CHECK_STR(string(shown, "cwd"), tmp(NULL));
			CHECK(json_is_null(json_object_get(shown, "exe")));
		}
		check_args(row(job, IS("error", "EBADF"), IS("path", "at")), argv);
		check_args(row(job, IS("error", "EFAULT"), IS("path", NOTHING)), argv);
		check_args(row(job, IS("error", "ENOENT"), IS("path", "/nowhere/null")), ARGV(NULL));
		CHECK_NO_LOSS(job);
	}
}

static void fail_big(void *arg)
{
	const char *const *const all[] = { arg, sized(SHOWN), sized(SHOWN + 1), many(3000) };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		touch(all[i]);
		execve("/nowhere", (char **)all[i], environ);
	}
}

TEST(execsnoop, "failed calls with many arguments: 256 are shown whole, what goes beyond the limits is marked")
{
	const char *const *argv = many(255);
	struct child child = child_new(NULL, 0, fail_big, (void *)argv);
	struct job *job = children_of_ours("-x");
	json_t *shown;
	size_t at = 0;

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 4);
	for (int i = 0; i < 4; i++) {
		shown = row_next(job, &at, NULL);
		if (i < 2)
			check_args(shown, i ? sized(SHOWN) : argv);
		CHECK_EQ(is_cut(shown), i >= 2);
	}
	CHECK_EQ((long)json_array_size(json_object_get(shown, "args")), 256);
}

static void fail_32(void *arg)
{
	char *page = low(4096);
	uint32_t *argv = (uint32_t *)(page + 256);

	(void)arg;
	strcpy(page, "/nowhere/32");
	strcpy(page + 32, "first");
	strcpy(page + 64, "second");
	argv[0] = (uint32_t)(uintptr_t)(page + 32);
	argv[1] = (uint32_t)(uintptr_t)(page + 64);
	argv[2] = 0;
	CHECK_EQ(int80(11, (long)page, (long)argv, 0, 0), -ENOENT);
	/* 59 is execve to a 64-bit caller and oldolduname to this one. */
	int80(59, (long)page + 1024, 0, 0, 0);
}

TEST(execsnoop, "failed calls of 32-bit programs are shown, with arguments by 32-bit addresses")
{
	struct child child;
	struct job *job;

	if (!int80_works())
		SKIP("this kernel takes no 32-bit system calls");
	child = child_new(NULL, 0, fail_32, NULL);
	job = children_of_ours("-x");
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	check_args(row(job, IS("path", "/nowhere/32"), IS("error", "ENOENT")), ARGV("first", "second"));
}

static void *thread_exec(void *arg)
{
	execve(TRUE, arg, environ);
	return NULL;
}

static void exec_in_thread(void *arg)
{
	pthread_t thread;

	REQUIRE(pthread_create(&thread, NULL, thread_exec, arg) == 0);
	for (;;)
		pause();
}

TEST(execsnoop, "an exec from a thread is shown as its process's")
{
	const char *const argv[] = {"true", "in a thread", NULL};
	struct child child = child_new(NULL, 0, exec_in_thread, (void *)argv);
	struct job *job = tool_start("execsnoop", "-x", "-p", text("%d", child.pid));

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	check_args(row(job, IS("pid", child.pid), IS("tid", child.pid), IS("ppid", getpid())), argv);
}

static void exec_as_told(void *arg)
{
	REQUIRE(chdir(tmp("deep/er")) == 0);
	execv("../../link", arg);
}

TEST(execsnoop, "user, parent, working directory, path as given and full path are right")
{
	const char *const argv[] = {"true", NULL};
	char real[PATH_MAX], parent[17] = "";
	struct child child;
	struct job *job;
	json_t *shown;

	REQUIRE(realpath(TRUE, real) && mkdir(tmp("deep"), 0755) == 0 && mkdir(tmp("deep/er"), 0755) == 0);
	REQUIRE(symlink(TRUE, tmp("link")) == 0);
	strncpy(parent, file_text("/proc/self/comm"), 15);
	parent[strcspn(parent, "\n")] = 0;
	child = child_new("before", NOBODY, exec_as_told, (void *)argv);
	job = tool_start("execsnoop", "-p", text("%d", child.pid));
	child_go(&child);
	child_wait(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	shown = row(job, IS("pid", child.pid), IS("uid", NOBODY), IS("user", "nobody"), IS("ppid", getpid()));
	CHECK_STR(string(shown, "comm"), "link");
	CHECK_STR(string(shown, "pcomm"), parent);
	CHECK_STR(string(shown, "cwd"), tmp("deep/er"));
	CHECK_STR(string(shown, "path"), "../../link");
	CHECK_STR(string(shown, "exe"), real);
}

TEST(execsnoop, "a script is shown as its interpreter with the script")
{
	struct job *job;
	pid_t pid;

	make(tmp("script"), "#!/bin/true -o ption\n", 0755);
	job = children_of_ours(NULL);
	pid = start(tmp("script"), ARGV("name", "argument"));
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	check_args(row(job, IS("pid", pid), IS("comm", "script"), IS("path", tmp("script"))),
		   ARGV(TRUE, "-o ption", tmp("script"), "argument"));
}

static void start_one(void *arg)
{
	start(TRUE, arg);
}

/* One child that runs the program, one that does so for nobody, and one whose child does. */
static void start_three(void *arg)
{
	struct exec exec = {TRUE, arg};
	struct child nobody = child_new(NULL, NOBODY, do_exec, &exec), inner = child_new(NULL, 0, start_one, arg);

	start(TRUE, arg);
	child_go(&nobody);
	child_wait(&nobody);
	child_run(&inner);
}

TEST(execsnoop, "-n, -u, -P, -l and --max-args let through just what they should")
{
	const char *const argv[] = {"true", "--one", "two three", NULL};
	struct child child = child_new(NULL, 0, start_three, (void *)argv);
	const char *pid = text("%d", child.pid);
	struct job *children = tool_start("execsnoop", "-P", text("%s,1", pid)),
		   *name = tool_start("execsnoop", "-n", "tr[tu]*e"),
		   *line = tool_start("execsnoop", "-l", "one two th"),
		   *other = tool_start("execsnoop", "-l", "one two  th", "-P", pid),
		   *user = tool_start("execsnoop", "-u", "nobody"),
		   *max = tool_start("execsnoop", "--max-args", "2", "-P", pid);
	struct job *jobs[] = {children, name, line, other, user, max};

	child_run(&child);
	for (int i = 0; i < 6; i++)
		tool_stop(jobs[i]);
	CHECK_EQ(rows(children, IS("ppid", child.pid)), 2);
	CHECK_EQ(rows(children, IS("ppid", child.pid)) + rows(children, IS("ppid", 1)), rows(children));
	CHECK(rows(name) >= 3);
	CHECK_EQ(rows(name, IS("comm", "true")), rows(name));
	CHECK_EQ(rows(line, IS("comm", "true")), 3);
	CHECK_EQ(rows(line), 3);
	CHECK_EQ(rows(other), 0);
	CHECK_EQ(rows(user, IS("ppid", child.pid)), 1);
	CHECK_EQ(rows(user, IS("uid", NOBODY)), rows(user));
	CHECK_EQ(rows(max), 2);
	check_args(row(max), ARGV("true", "--one"));
}

TEST(execsnoop, "text joins the arguments by spaces, --quote quotes each, and a cut is told")
{
	const char *const argv[] = {"true", "a b", "", "q\"\\", "\n", NULL};
	struct child child = child_new(NULL, 0, start_one, (void *)argv);
	const char *pid = text("%d", child.pid);
	struct job *plain = tool_start("execsnoop", "-f", "text", "-q", "-o", "args", "-P", pid),
		   *quoted = tool_start("execsnoop", "-f", "text", "-q", "-o", "args", "--quote", "-P", pid),
		   *few = tool_start("execsnoop", "-f", "text", "-q", "-o", "args", "--max-args", "1", "-P", pid),
		   *csv = tool_start("execsnoop", "-f", "csv", "-o", "ppid,args", "-P", pid);

	child_run(&child);
	tool_stop(plain);
	tool_stop(quoted);
	tool_stop(few);
	tool_stop(csv);
	CHECK_STR(plain->out, "true a b  q\"\\\\ \\n\n");
	CHECK_STR(quoted->out, "\"true\" \"a b\" \"\" \"q\\\"\\\\\" \"\\n\"\n");
	CHECK_STR(few->out, "true ...\n");
	CHECK_STR(csv->out, text("ppid,args\n%s,\"true a b  q\"\"\\\\ \\n\"\n", pid));
}

TEST(execsnoop, "of 500 programs in a row none is missed, nor shown twice", .timeout = 120)
{
	struct job *job = children_of_ours(NULL);
	pid_t pid;

	for (int i = 0; i < 500; i++) {
		pid = fork();
		if (!pid) {
			execl(TRUE, "true", text("%d", i), NULL);
			_exit(1);
		}
		REQUIRE(waitpid(pid, NULL, 0) == pid);
	}
	tool_stop(job);
	CHECK_EQ(rows(job), 500);
	CHECK_NO_LOSS(job);
}
