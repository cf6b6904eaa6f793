// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "test.h"

#define NOBODY 65534

/*
 * Shown and lost are what was made.  A kernel that preempts tracepoints (7.2) skips a program that already runs on
 * that CPU, and counts it whichever system call it was for: then there can be some more, but never fewer.
 */
#define CHECK_ALL(got, made) CHECK_BETWEEN(made, got, (made) + (slow() > 1 ? 200 : 0))

static const char *pid_of(struct child child)
{
	return text("%d", child.pid);
}

/* By system call, so that the C library has no say in which one it is. */
static long open_at(const char *path, int flags)
{
	return syscall(SYS_openat, AT_FDCWD, path, flags, 0644);
}

/* A path in this test's directory that each user may reach, with nothing there. */
static const char *nth(int i)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/file-%d", tmp(NULL), i);
	return path;
}

/* 100 opens that succeed on descriptors known before, then 50 that fail. */
static void open_many(void *arg)
{
	int fd = open_at("/dev/null", O_RDONLY);

	(void)arg;
	close(fd);
	for (int i = 0; i < 100; i++) {
		REQUIRE(open_at("/dev/null", O_WRONLY | O_CLOEXEC) == fd);
		close(fd);
	}
	for (int i = 0; i < 50; i++)
		REQUIRE(open_at(nth(i), O_RDONLY) == -1 && errno == ENOENT);
}

TEST(opensnoop, "each open is shown once, with who did it, path, descriptor and errno")
{
	struct child child = child_new("opener", NOBODY, open_many, NULL);
	struct job *job = tool_start("opensnoop", "-p", pid_of(child));
	json_t *first;

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 151);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("tid", child.pid), IS("uid", NOBODY), IS("comm", "opener")), 151);
	CHECK_EQ(rows(job, IS("path", "/dev/null"), IS("error", NOTHING)), 101);
	CHECK_EQ(rows(job, IS("error", "ENOENT"), IS("fd", NOTHING)), 50);
	for (int i = 0; i < 50; i++)
		CHECK_EQ(rows(job, IS("path", nth(i))), 1);
	first = row(job);
	CHECK_EQ(rows(job, IS("path", "/dev/null"), IS("fd", number(first, "fd"))), 101);
	CHECK_NO_LOSS(job);
}

static void open_each_way(void *arg)
{
	struct open_how how = {.flags = O_RDWR | O_CREAT, .mode = 0600};

	(void)arg;
#ifdef SYS_open
	REQUIRE(syscall(SYS_open, tmp("open"), O_RDWR | O_CREAT, 0600) >= 0);
	REQUIRE(syscall(SYS_creat, tmp("creat"), 0600) >= 0);
#endif
	REQUIRE(syscall(SYS_openat, AT_FDCWD, tmp("openat"), O_RDWR | O_CREAT, 0600) >= 0);
	REQUIRE(syscall(SYS_openat2, AT_FDCWD, tmp("openat2"), &how, sizeof(how)) >= 0);
}

TEST(opensnoop, "open, creat, openat and openat2 are all seen")
{
	struct child child = child_new(NULL, 0, open_each_way, NULL);
	struct job *job = tool_start("opensnoop", "-p", pid_of(child));
	long expected = 2;

	child_run(&child);
	tool_stop(job);
#ifdef SYS_open
	CHECK_EQ(rows(job, IS("path", tmp("open")), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("path", tmp("creat")), IS("error", NOTHING)), 1);
	CHECK_STR(string(row(job, IS("path", tmp("creat"))), "flags"), "O_WRONLY|O_CREAT|O_TRUNC");
	expected += 2;
#endif
	CHECK_EQ(rows(job, IS("path", tmp("openat")), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("path", tmp("openat2")), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job), expected);
}

static const struct {
	int flags;
	const char *names;
} flags[] = {
	{O_RDONLY, "O_RDONLY"},
	{O_WRONLY, "O_WRONLY"},
	{O_RDWR | O_APPEND, "O_RDWR|O_APPEND"},
	{O_RDONLY | O_CLOEXEC, "O_RDONLY|O_CLOEXEC"},
	{O_WRONLY | O_CREAT | O_TRUNC, "O_WRONLY|O_CREAT|O_TRUNC"},
	{O_RDONLY | O_NONBLOCK | O_NOCTTY, "O_RDONLY|O_NOCTTY|O_NONBLOCK"},
	{O_PATH | O_NOFOLLOW, "O_RDONLY|O_NOFOLLOW|O_PATH"},
	{O_RDONLY | O_SYNC, "O_RDONLY|O_SYNC"},
	{O_RDONLY | O_DSYNC, "O_RDONLY|O_DSYNC"},
};

static void open_with_flags(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		REQUIRE(open_at("/dev/null", flags[i].flags) >= 0);
	REQUIRE(open_at(tmp(NULL), O_RDWR | O_TMPFILE) >= 0 || errno == EOPNOTSUPP);
	REQUIRE(open_at(tmp(NULL), O_RDONLY | O_DIRECTORY) >= 0);
}

TEST(opensnoop, "flags are shown by name")
{
	struct child child = child_new(NULL, 0, open_with_flags, NULL);
	struct job *job = tool_start("opensnoop", "-p", pid_of(child));

	child_run(&child);
	tool_stop(job);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		CHECK_EQ(rows(job, IS("path", "/dev/null"), IS("flags", flags[i].names)), 1);
	CHECK_EQ(rows(job, IS("flags", "O_RDWR|O_TMPFILE")), 1);
	CHECK_EQ(rows(job, IS("flags", "O_RDONLY|O_DIRECTORY")), 1);
}

static void fail_each_way(void *arg)
{
	struct open_how how = {.resolve = 1ull << 60};

	(void)arg;
	syscall(SYS_openat, AT_FDCWD, tmp("secret"), O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, "/dev/null/x", O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, "/", O_WRONLY);
	syscall(SYS_openat, AT_FDCWD, tmp("link"), O_RDONLY | O_NOFOLLOW);
	syscall(SYS_openat, AT_FDCWD, "/dev/null", O_CREAT | O_EXCL, 0600);
	syscall(SYS_openat, 12345, "relative", O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, "", O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, (char *)1, O_RDONLY);
	syscall(SYS_openat2, AT_FDCWD, "/invalid", &how, sizeof(how));
}

TEST(opensnoop, "failed opens have their errno by name, and -x shows only them")
{
	static const char *const errors[] = {"EACCES", "ENOTDIR", "EISDIR", "ELOOP", "EEXIST",
					     "EBADF",  "ENOENT",  "EFAULT", "EINVAL"};
	struct child child;
	struct job *job;

	close(open_at(tmp("secret"), O_CREAT | O_WRONLY));
	REQUIRE(chmod(tmp("secret"), 0) == 0 && symlink("/dev/null", tmp("link")) == 0);
	for (int x = 0; x < 2; x++) {
		child = child_new(NULL, NOBODY, fail_each_way, NULL);
		job = x ? tool_start("opensnoop", "-x", "-p", pid_of(child))
			: tool_start("opensnoop", "-p", pid_of(child));
		child_run(&child);
		tool_stop(job);
		for (size_t i = 0; i < 9; i++)
			CHECK_EQ(rows(job, IS("error", errors[i])), 1);
		CHECK_EQ(rows(job), 9);
	}
	CHECK_EQ(rows(job, IS("error", "EBADF"), IS("path", "relative")), 1);
	CHECK_EQ(rows(job, IS("error", "ENOENT"), IS("path", "")), 1);

	child = child_new(NULL, 0, open_many, NULL);
	job = tool_start("opensnoop", "--failed", "-p", pid_of(child));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 50);
	CHECK_EQ(rows(job, IS("error", "ENOENT")), 50);
}

/* As long as a path may be: ./././…/null */
static const char *longest(void)
{
	static char path[4096];

	strcpy(path, "/dev/");
	while (strlen(path) + 2 + 4 <= 4095)
		strcat(path, "./");
	strcat(path, "null");
	return path;
}

static const char *const hostile[] = {
	"new\nline",
	"tab\tand\rreturn",
	"\033[31mred\033[0m",
	"quote\"back\\slash'",
	"latin1 \xe9t\xe9",
	"utf-8 \xc3\xa9",
	"cut \xe2\x82",
	"overlong \xc0\xaf",
	"surrogate \xed\xb2\x80",
	"\xf0\x9f\x98\x80",
	"\x7f\x01\xff\x80",
	"beyond \xf5\x80\x80\x80",
	" ",
	"a,b;c",
	"\\udc80",
};

static void open_hostile(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++)
		REQUIRE(open_at(hostile[i], O_RDONLY) == -1);
}

static void open_longest(void *arg)
{
	(void)arg;
	REQUIRE(strlen(longest()) >= 4094);
	REQUIRE(open_at(longest(), O_RDONLY) >= 0);
}

TEST(opensnoop, "the longest path is shown whole")
{
	struct child child = child_new(NULL, 0, open_longest, NULL);
	struct job *job = tool_start("opensnoop", "-p", pid_of(child));

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_STR(string(row(job), "path"), longest());
}

TEST(opensnoop, "paths of any bytes come through JSON unchanged")
{
	struct child child = child_new("a\"\n\xff", 0, open_hostile, NULL);
	struct job *job = tool_start("opensnoop", "-p", pid_of(child));

	child_run(&child);
	tool_stop(job);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++)
		if (!CHECK_EQ(rows(job, IS("path", hostile[i]), IS("comm", "a\"\n\xff")), 1))
			fprintf(stderr, "  path %zu\n", i);
	CHECK_EQ(rows(job), sizeof(hostile) / sizeof(*hostile));
}

TEST(opensnoop, "paths of any bytes are one line of text, and reach no terminal")
{
	struct child child = child_new("a\"\n\xff", 0, open_hostile, NULL);
	struct job *job = tool_start("opensnoop", "-q", "-f", "text", "-p", pid_of(child));

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(lines(job->out), sizeof(hostile) / sizeof(*hostile));
	for (const char *c = job->out; *c; c++)
		if (iscntrl((unsigned char)*c) && *c != '\n')
			FAIL("control character %d in the text", *c);
	CHECK_HAS(job->out, "utf-8 \xc3\xa9");
	CHECK(!strchr(job->out, 0xff));
}

static void open_32(void *arg)
{
	char *path = low(4096);

	(void)arg;
	REQUIRE(int80(5, (long)strcpy(path, "/dev/null"), O_WRONLY, 0, 0) >= 0);
	REQUIRE(int80(295, AT_FDCWD, (long)strcpy(path, "/dev/./null"), O_RDWR, 0) >= 0);
	CHECK_EQ(int80(5, (long)strcpy(path, "/nowhere"), O_RDONLY, 0, 0), -ENOENT);
	CHECK_EQ(int80(8, (long)strcpy(path, "/nowhere/creat"), 0600, 0, 0), -ENOENT);
	/* 39 is getpid to a 64-bit caller and mkdir to this one, 2 is open and fork: neither is to be mixed up. */
	CHECK_EQ(int80(39, (long)strcpy(path, "/dev/null"), 0755, 0, 0), -EEXIST);
}

TEST(opensnoop, "32-bit callers are seen")
{
	struct child child;
	struct job *job;

	if (!int80_works())
		SKIP("this kernel takes no 32-bit system calls");
	child = child_new(NULL, 0, open_32, NULL);
	job = tool_start("opensnoop", "-p", pid_of(child));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 4);
	CHECK_EQ(rows(job, IS("path", "/dev/null"), IS("flags", "O_WRONLY"), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("path", "/dev/./null"), IS("flags", "O_RDWR"), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("path", "/nowhere"), IS("error", "ENOENT")), 1);
	CHECK_EQ(rows(job, IS("path", "/nowhere/creat"), IS("error", "ENOENT")), 1);
}

/* --- -F --- */

static void open_relative(void *arg)
{
	int dir;

	(void)arg;
	mount_tmpfs(tmp("mnt"));
	REQUIRE(mkdir(tmp("mnt/deep"), 0755) == 0);
	REQUIRE(chdir(tmp("dir")) == 0);
	dir = syscall(SYS_openat, AT_FDCWD, "sub", O_RDONLY | O_DIRECTORY);
	REQUIRE(dir >= 0);
	REQUIRE(syscall(SYS_openat, dir, "file", O_RDWR | O_CREAT, 0600) >= 0);
	REQUIRE(syscall(SYS_openat, dir, "../sub/./file", O_RDONLY) >= 0);
	REQUIRE(syscall(SYS_openat, AT_FDCWD, "link", O_WRONLY) >= 0);
	REQUIRE(syscall(SYS_openat, AT_FDCWD, "../mnt/deep/file", O_RDWR | O_CREAT, 0600) >= 0);
	REQUIRE(syscall(SYS_openat, AT_FDCWD, "missing", O_RDONLY) == -1);
	REQUIRE(syscall(SYS_openat, dir, "missing", O_WRONLY) == -1);
	REQUIRE(syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY) >= 0);
}

TEST(opensnoop, "-F resolves relative paths, symbolic links and mounts")
{
	struct child child;
	struct job *job;

	REQUIRE(mkdir(tmp("dir"), 0755) == 0 && mkdir(tmp("dir/sub"), 0755) == 0 && mkdir(tmp("mnt"), 0755) == 0);
	REQUIRE(symlink("sub/file", tmp("dir/link")) == 0);
	child = child_new(NULL, 0, open_relative, NULL);
	job = tool_start("opensnoop", "-F", "-p", pid_of(child));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("file", tmp("dir/sub")), IS("path", "sub"), IS("flags", "O_RDONLY|O_DIRECTORY")), 1);
	CHECK_EQ(rows(job, IS("file", tmp("dir/sub/file")), IS("path", "file"), IS("flags", "O_RDWR|O_CREAT")), 1);
	CHECK_EQ(rows(job, IS("file", tmp("dir/sub/file")), IS("path", "../sub/./file"), IS("flags", "O_RDONLY")), 1);
	CHECK_EQ(rows(job, IS("file", tmp("dir/sub/file")), IS("path", "link"), IS("flags", "O_WRONLY")), 1);
	CHECK_EQ(rows(job, IS("file", tmp("mnt/deep/file")), IS("path", "../mnt/deep/file")), 1);
	CHECK_EQ(rows(job, IS("file", "/"), IS("path", "/")), 1);
	/* What failed is no file. */
	CHECK_EQ(rows(job, IS("file", NOTHING), IS("path", "missing"), IS("error", "ENOENT")), 2);
}

/* --- Filters --- */

static void open_one(void *arg)
{
	REQUIRE(open_at("/dev/null", O_RDONLY) >= 0);
	(void)arg;
}

TEST(opensnoop, "-p takes a list, and shows nothing of the others")
{
	struct child a = child_new(NULL, 0, open_one, NULL), b = child_new(NULL, 0, open_one, NULL),
		     c = child_new(NULL, 0, open_one, NULL);
	struct job *job = tool_start("opensnoop", "-p", text("%d,%d", a.pid, c.pid));

	child_run(&a);
	child_run(&b);
	child_run(&c);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("pid", a.pid)), 1);
	CHECK_EQ(rows(job, IS("pid", c.pid)), 1);
}

static void *open_when_told(void *arg)
{
	int *pipes = arg, tid = syscall(SYS_gettid);
	char byte;

	REQUIRE(write(pipes[1], &tid, sizeof(tid)) == sizeof(tid));
	REQUIRE(read(pipes[2], &byte, 1) == 1);
	open_one(NULL);
	return NULL;
}

TEST(opensnoop, "-t shows one thread of a process")
{
	int told[2], go[2], tids[2];
	pthread_t threads[2];
	struct job *job;

	REQUIRE(pipe(told) == 0 && pipe(go) == 0);
	for (int i = 0; i < 2; i++) {
		int *pipes = memcpy(malloc(sizeof(int[4])), (int[4]){told[0], told[1], go[0], go[1]}, sizeof(int[4]));

		REQUIRE(pthread_create(&threads[i], NULL, open_when_told, pipes) == 0);
		REQUIRE(read(told[0], &tids[i], sizeof(int)) == sizeof(int));
	}
	job = tool_start("opensnoop", "-t", text("%d", tids[1]));
	REQUIRE(write(go[1], "12", 2) == 2);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("tid", tids[1]), IS("pid", getpid())), 1);
}

TEST(opensnoop, "-u shows one user")
{
	struct child root = child_new(NULL, 0, open_one, NULL), other = child_new(NULL, 4321, open_one, NULL);
	struct job *job = tool_start("opensnoop", "-u", "4321");

	child_run(&root);
	child_run(&other);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("pid", other.pid), IS("uid", 4321)), 1);
}

TEST(opensnoop, "-n shows names, whole or by a glob")
{
	static const struct {
		const char *glob;
		int matches[4];
	} globs[] = {
		{"truth-one", {1, 0, 0, 0}},	   {"truth-*", {1, 1, 0, 0}}, {"tru?h-t*o", {0, 1, 0, 0}},
		{"*ruth*", {1, 1, 1, 1}},	   {"truth", {0, 0, 0, 0}},   {"*-[n-p]ne", {1, 0, 0, 0}},
		{"atruth-sixteen_", {0, 0, 0, 1}},
	};
	static const char *const names[] = {"truth-one", "truth-two", "untruth", "atruth-sixteen_"};

	for (size_t g = 0; g < sizeof(globs) / sizeof(*globs); g++) {
		struct job *job = tool_start("opensnoop", "-n", globs[g].glob);
		struct child child[4];

		for (int i = 0; i < 4; i++) {
			child[i] = child_new(names[i], 0, open_one, NULL);
			child_run(&child[i]);
		}
		tool_stop(job);
		for (int i = 0; i < 4; i++)
			if (!CHECK_EQ(rows(job, IS("pid", child[i].pid), IS("comm", names[i])), globs[g].matches[i]))
				fprintf(stderr, "  with -n '%s'\n", globs[g].glob);
	}
}

TEST(opensnoop, "-c shows a cgroup and those below it, by path or id")
{
	const char *cgroup = cgroup_new("group"), *below = text("%s/below", cgroup), *other = cgroup_new("other");

	REQUIRE(mkdir(below, 0755) == 0);
	for (int by_id = 0; by_id < 2; by_id++) {
		struct child in = child_new(NULL, 0, open_one, NULL), under = child_new(NULL, 0, open_one, NULL),
			     beside = child_new(NULL, 0, open_one, NULL), out = child_new(NULL, 0, open_one, NULL);
		struct job *job;

		cgroup_enter(cgroup, in.pid);
		cgroup_enter(below, under.pid);
		cgroup_enter(other, beside.pid);
		job = tool_start("opensnoop", "-c",
				 by_id ? text("%llu", (unsigned long long)cgroup_id(cgroup)) : cgroup);
		child_run(&in);
		child_run(&under);
		child_run(&beside);
		child_run(&out);
		tool_stop(job);
		CHECK_EQ(rows(job), 2);
		CHECK_EQ(rows(job, IS("pid", in.pid)), 1);
		CHECK_EQ(rows(job, IS("pid", under.pid)), 1);
	}
}

static void open_and_fork(void *arg)
{
	int depth = *(int *)arg;

	open_one(NULL);
	if (!depth)
		return;
	if (!fork()) {
		depth--;
		open_and_fork(&depth);
		_exit(0);
	}
	wait(NULL);
}

TEST(opensnoop, "--follow shows a process and what it starts")
{
	int depth = 3;
	struct child family = child_new("family", 0, open_and_fork, &depth), other = child_new(NULL, 0, open_one, NULL);
	struct job *job = tool_start("opensnoop", "--follow", pid_of(family));

	child_run(&other);
	child_run(&family);
	tool_stop(job);
	CHECK_EQ(rows(job), 4);
	CHECK_EQ(rows(job, IS("comm", "family")), 4);
	CHECK_EQ(rows(job, IS("pid", family.pid)), 1);
}

/* --- Loss, order, ends --- */

static void open_burst(void *arg)
{
	for (long i = 0; i < (long)arg; i++)
		close(open_at("/dev/null", O_RDONLY));
}

TEST(opensnoop, "with the smallest buffer and a reader that sleeps, shown and lost add up to what was made")
{
	const long made = 20000;
	struct child child = child_new(NULL, 0, open_burst, (void *)made);
	struct job *job = tool_start("opensnoop", "-b", "4k", "-p", pid_of(child));
	long shown;

	kill(job->pid, SIGSTOP);
	child_run(&child);
	kill(job->pid, SIGCONT);
	tool_stop(job);
	shown = rows(job);
	CHECK_BETWEEN(1, shown, made - 1);
	CHECK_ALL(shown + lost(job), made);
}

TEST(opensnoop, "who reads text is told of losses on stderr")
{
	struct child child = child_new(NULL, 0, open_burst, (void *)20000);
	struct job *job = tool_start("opensnoop", "-q", "-b", "4k", "-f", "text", "-p", pid_of(child));

	kill(job->pid, SIGSTOP);
	child_run(&child);
	kill(job->pid, SIGCONT);
	tool_stop(job);
	CHECK_HAS(job->err, text("%d", 20000 - lines(job->out)));
}

TEST(opensnoop, "--strict ends with status 4 if anything was lost")
{
	struct child child = child_new(NULL, 0, open_burst, (void *)20000);
	struct job *job = tool_start("opensnoop", "--strict", "-b", "4k", "-p", pid_of(child));

	kill(job->pid, SIGSTOP);
	child_run(&child);
	kill(job->pid, SIGCONT);
	CHECK_EQ(job_end(job, SIGINT), 4);
	tool_check_json(job);
	CHECK_EQ(rows(job) + lost(job), 20000);
}

static void *burst_on(void *arg)
{
	pin((long)arg);
	open_burst((void *)10000);
	return NULL;
}

static void open_on_all_cpus(void *arg)
{
	pthread_t threads[64];
	int n = cpus() < 64 ? cpus() : 64;

	(void)arg;
	pin(0); /* so that the threads know which CPUs there are */
	for (long i = 0; i < n; i++)
		REQUIRE(pthread_create(&threads[i], NULL, burst_on, (void *)i) == 0);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

TEST(opensnoop, "a burst on all CPUs is shown whole and in the order of time", .timeout = 120)
{
	struct child child = child_new(NULL, 0, open_on_all_cpus, NULL);
	struct job *job = tool_start("opensnoop", "-b", "64m", "-Tunix", "-p", pid_of(child));
	const char *last = "";
	long backwards = 0;
	json_t *r;

	child_run(&child);
	tool_stop(job);
	CHECK_ALL(rows(job, IS("path", "/dev/null")) + lost(job), 10000L * (cpus() < 64 ? cpus() : 64));
	each_row(r, job)
	{
		const char *time = json_dumps(json_object_get(r, "time"), JSON_ENCODE_ANY);

		backwards += strcmp(time, last) < 0;
		last = time;
	}
	/* an emulated CPU may stand still for long between taking the time and its place in the ring */
	CHECK_BETWEEN(0, backwards, slow() > 1 ? 20 : 0);
}

TEST(opensnoop, "it doesn't trace itself")
{
	struct child child = child_new(NULL, 0, open_one, NULL);
	struct job *job = tool_start("opensnoop");

	nap(300000000);
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("pid", child.pid)), 1);
	CHECK_EQ(rows(job, IS("pid", job->pid)), 0);
}

TEST(opensnoop, "-- COMMAND is traced from its first instruction, and nothing else")
{
	struct child other = child_new(NULL, 0, open_many, NULL);
	struct job *job;
	long pid;

	job = tool_start("opensnoop", "--", "sh", "-c", text("read x <%s; : <%s; exit 0", "/dev/null", tmp("missing")));
	child_run(&other);
	tool_wait(job);
	pid = number(row(job, IS("path", tmp("missing"))), "pid");
	CHECK(pid != job->pid && pid != other.pid);
	CHECK_EQ(rows(job, IS("path", "/dev/null"), IS("pid", pid)), 1);
	CHECK_EQ(rows(job, IS("pid", pid)), rows(job));
	/* The first thing that a dynamic program does is to ask for its libraries. */
	if (access("/etc/ld.so.cache", F_OK) == 0)
		CHECK_STR(string(row(job), "path"), "/etc/ld.so.cache");
}

TEST(opensnoop, "-N ends after so many rows, -o chooses the columns")
{
	struct child child = child_new(NULL, 0, open_many, NULL);
	struct job *job = tool_start("opensnoop", "-N", "7", "-o", "path,pid", "-p", pid_of(child));

	child_run(&child);
	tool_wait(job);
	CHECK_EQ(rows(job), 7);
	CHECK_EQ(json_object_size(row(job, IS("pid", child.pid))), 2);
}
