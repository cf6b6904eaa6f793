/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For functions that a test wants to see in stacks: never inlined, and with something to do after each call. */
#ifndef SPIN_H
#define SPIN_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "test.h"

#define SEEN __attribute__((noinline, noclone))

static volatile int seen_after __attribute__((unused));

/* A system call by which the caller's caller is seen, however the C library is built: that has no frame pointers. */
static SEEN __attribute__((unused)) long seen_call(long nr, long a, long b, long c)
{
	long ret = syscall(nr, a, b, c);

	seen_after++;
	return ret;
}

static SEEN __attribute__((unused)) void seen_nap(uint64_t ns)
{
	struct timespec ts = {ns / 1000000000, ns % 1000000000};

	seen_call(SYS_nanosleep, (long)&ts, 0, 0);
	seen_after++;
}

/*
 * A child that stays there after its work until it is let go: a tool that is kept waiting still finds its mappings.
 * seen_run() returns when the work is done.
 */
struct seen {
	struct child child;
	void (*work)(void *);
	void *arg;
	int done[2], end[2];
};

static void seen_work(void *arg)
{
	struct seen *seen = arg;
	char c = 0;

	seen->work(seen->arg);
	REQUIRE(write(seen->done[1], &c, 1) == 1 && read(seen->end[0], &c, 1) == 1);
}

static inline struct seen *seen_new(const char *comm, void (*work)(void *), void *arg)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	REQUIRE(seen && pipe2(seen->done, O_CLOEXEC) == 0 && pipe2(seen->end, O_CLOEXEC) == 0);
	seen->work = work;
	seen->arg = arg;
	seen->child = child_new(comm, 0, seen_work, seen);
	return seen;
}

static inline void seen_run(struct seen *seen)
{
	char c;

	child_go(&seen->child);
	close(seen->done[1]);
	REQUIRE(read(seen->done[0], &c, 1) == 1);
}

static inline void seen_end(struct seen *seen)
{
	REQUIRE(write(seen->end[1], "", 1) == 1);
	CHECK_EQ(child_wait(&seen->child), 0);
}

/* Is there a frame with this name in a row's stack of this kind? */
static inline bool stack_has(json_t *r, const char *kind, const char *function)
{
	json_t *frame;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(r, "stack"), kind), i, frame)
		if (!strcmp(json_string_value(frame), function))
			return true;
	return false;
}

/* The sum of a number over the rows with that function. */
static inline long long stack_sum(struct job *job, const char *key, const char *kind, const char *function)
{
	long long sum = 0;
	json_t *r;

	each_row(r, job)
		sum += stack_has(r, kind, function) ? number(r, key) : 0;
	return sum;
}

#endif
