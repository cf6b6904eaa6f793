// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include "spin.h"

#define WRITES 100

static void writes(void *arg)
{
	char c = 0;
	int fd[2];

	REQUIRE(pipe(fd) == 0);
	for (int i = 0; i < WRITES; i++)
		REQUIRE(write(fd[1], &c, 1) == 1);
}

/* Rows of one kind in which a function has this in its name. */
static long long total_of(struct job *job, const char *key, const char *what, const char *part)
{
	long long sum = 0;
	json_t *r, *frame;
	size_t i;

	each_row(r, job, IS("what", what)) {
		bool has = false;

		json_array_foreach(json_object_get(json_object_get(r, "stack"), "kernel"), i, frame)
			has |= !!strstr(json_string_value(frame), part);
		sum += has ? number(r, key) : 0;
	}
	return sum;
}

TEST(klockstat, "each time that a pipe's lock is taken is a wait and a hold, at the function that took it")
{
	struct seen *child = seen_new("piper", writes, NULL);
	struct job *job = tool_start("klockstat", "-P", "-p", text("%d", child->child.pid));

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	/* and once to say that it is done */
	CHECK_EQ(total_of(job, "count", "wait", "pipe_write"), WRITES + 1);
	CHECK_EQ(total_of(job, "count", "hold", "pipe_write"), WRITES + 1);
	CHECK_EQ(rows(job, IS("tid", child->child.pid), IS("comm", "piper")), rows(job));
	CHECK(total_of(job, "max_ns", "hold", "pipe_write") <= total_of(job, "total_ns", "hold", "pipe_write"));
	CHECK_NO_LOSS(job);
}

static uint64_t wrote_ns;
static char *large;
#define LARGE (16 << 20)

/* The file's lock is held while all of it is copied. */
static void copies(void *arg)
{
	int fd = open(arg, O_RDWR | O_CREAT, 0600);
	uint64_t before = now_ns();

	REQUIRE(fd >= 0 && write(fd, large, LARGE) == LARGE);
	*(uint64_t *)large = now_ns() - before;
}

TEST(klockstat, "a lock that is held for a long time, by callers, and what is asked for only")
{
	struct seen *child;
	struct job *job, *waits;

	mount_tmpfs(tmp("mnt"));
	large = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	REQUIRE(large != MAP_FAILED);
	child = seen_new("copier", copies, (void *)text("%s/file", tmp("mnt")));
	job = tool_start("klockstat", "--holds", "-l", "-C", "vfs_write", "-p", text("%d", child->child.pid));
	seen_run(child);
	tool_stop(job);
	seen_end(child);
	wrote_ns = *(uint64_t *)large;
	CHECK_EQ(rows(job, IS("what", "wait")), 0);
	CHECK(rows(job) > 0);
	CHECK_BETWEEN(wrote_ns * 0.5, total_of(job, "total_ns", "hold", "vfs_write"), wrote_ns * 1.5);
	CHECK(strlen(string(row(job), "lock")) > 10);
	child = seen_new("none", writes, NULL);
	waits = tool_start("klockstat", "--waits", "-C", "no_such_function", "-p", text("%d", child->child.pid));
	seen_run(child);
	tool_stop(waits);
	seen_end(child);
	CHECK_EQ(rows(waits), 0);
	CHECK_EQ(run("corekit", "klockstat", "--waits", "--holds", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "klockstat", "-L", "no such lock", "-d", "100ms")->status, 2);
}
