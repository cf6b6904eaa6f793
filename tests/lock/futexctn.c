// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include "spin.h"

#define MS 1000000ULL
#define TIMES 3

static int futexes[2];

/* By an absolute time, as pthread_mutex_timedlock() does it. */
SEEN void futexctn_waits_b(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += 100 * MS;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	syscall(SYS_futex, &futexes[1], FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, &ts, NULL, FUTEX_BITSET_MATCH_ANY);
	seen_after++;
}

SEEN void futexctn_calls_b(void)
{
	futexctn_waits_b();
	seen_after++;
}

/* The value is another one: it returns at once. */
SEEN void futexctn_changed(void)
{
	syscall(SYS_futex, &futexes[1], FUTEX_WAIT_PRIVATE, 17, NULL, NULL, 0);
	seen_after++;
}

/* Where a time is an absolute one. */
static struct timespec in_100_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_nsec += 100 * MS;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

static long futex(int op, int *word, struct timespec ts, int *other)
{
	long ret = syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, 0, &ts, other, FUTEX_BITSET_MATCH_ANY);

	return ret < 0 ? -errno : ret;
}

/* That another thread has: the kernel looks for it by its id in the word. */
static struct {
	int held, free, results[5];
} *words;

SEEN void futexctn_pi(void)
{
	words->results[0] = futex(FUTEX_LOCK_PI, &words->held, in_100_ms(CLOCK_REALTIME), NULL);
	seen_after++;
}

SEEN void futexctn_pi2(void)
{
	words->results[1] = futex(13 /* FUTEX_LOCK_PI2 */, &words->held, in_100_ms(CLOCK_MONOTONIC), NULL);
	seen_after++;
}

SEEN void futexctn_requeue_pi(void)
{
	words->results[2] = futex(FUTEX_WAIT_REQUEUE_PI, &words->free, in_100_ms(CLOCK_MONOTONIC), &words->held);
	seen_after++;
}

/* Not the C library's alone, by which its caller would not be seen. */
static SEEN long futex2(long nr, void *a, long b, long c, long d, void *e, long f)
{
	long ret = syscall(nr, a, b, c, d, e, f);

	seen_after++;
	return ret < 0 ? -errno : ret;
}

SEEN void futexctn_waitv(void)
{
	struct { uint64_t value, address; uint32_t flags, pad; } waiters[2] = {
		{0, (long)&words->free, 2 | FUTEX_PRIVATE_FLAG, 0}, {0, (long)&futexes[0], 2 | FUTEX_PRIVATE_FLAG, 0},
	};
	struct timespec ts = in_100_ms(CLOCK_MONOTONIC);

	words->results[3] = futex2(449 /* futex_waitv */, waiters, 2, 0, (long)&ts, (void *)CLOCK_MONOTONIC, 0);
	seen_after++;
}

SEEN void futexctn_wait2(void)
{
	struct timespec ts = in_100_ms(CLOCK_MONOTONIC);

	words->results[4] = futex2(455 /* futex_wait */, &words->free, 0, 0xffffffff, 2 | FUTEX_PRIVATE_FLAG, &ts, CLOCK_MONOTONIC);
	seen_after++;
}

static void *holds(void *arg)
{
	__atomic_store_n(&words->held, gettid(), __ATOMIC_SEQ_CST);
	for (;;)
		pause();
	return NULL;
}

static void all_kinds(void *arg)
{
	pthread_t thread;

	REQUIRE(pthread_create(&thread, NULL, holds, NULL) == 0);
	while (!__atomic_load_n(&words->held, __ATOMIC_SEQ_CST))
		usleep(1000);
	futexctn_pi();
	futexctn_pi2();
	futexctn_requeue_pi();
	futexctn_waitv();
	futexctn_wait2();
}

TEST(futexctn, "locks with priority inheritance, and futex2's calls, each where the kernel has it")
{
	static const char *const functions[] = {"futexctn_pi", "futexctn_pi2", "futexctn_requeue_pi", "futexctn_waitv", "futexctn_wait2"};
	struct seen *child;
	struct job *job;

	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(words != MAP_FAILED);
	child = seen_new("kinds", all_kinds, NULL);
	job = tool_start("futexctn", "-p", text("%d", child->child.pid));
	seen_run(child);
	tool_stop(job);
	seen_end(child);
	CHECK_EQ(words->results[0], -ETIMEDOUT);
	CHECK_EQ(words->results[2], -ETIMEDOUT);
	for (int i = 0; i < 5; i++) {
		bool has = words->results[i] == -ETIMEDOUT;

		if (!has && !CHECK_EQ(words->results[i], -ENOSYS))
			fprintf(stderr, "  %s\n", functions[i]);
		if (!has)
			continue;
		if (!CHECK_EQ(stack_sum(job, "count", "user", functions[i]), 1) ||
		    !CHECK(stack_sum(job, "total_ns", "user", functions[i]) >= (long long)(95 * MS)))
			fprintf(stderr, "  %s\n", functions[i]);
	}
	CHECK_NO_LOSS(job);
}

static void waits(void *arg)
{
	for (int i = 0; i < TIMES; i++) {
		futexctn_calls_b();
		futexctn_changed();
	}
}

TEST(futexctn, "how long each lock was waited for, from where, and what returned at once is not counted")
{
	struct seen *child = seen_new("waits", waits, NULL);
	struct job *job = tool_start("futexctn", "-p", text("%d", child->child.pid)), *summary, *other, *dist;
	long long total;

	summary = tool_start("futexctn", "-s", "-L", "-p", text("%d", child->child.pid), "-l", text("%#lx", (long)&futexes[1]));
	other = tool_start("futexctn", "-p", text("%d", child->child.pid), "-l", text("%#lx", (long)&futexes[0]));
	dist = tool_start("futexctn", "-D", "-m", "-p", text("%d", child->child.pid), "-l", text("%#lx", (long)&futexes[1]));
	seen_run(child);
	tool_stop(job);
	tool_stop(summary);
	tool_stop(other);
	tool_stop(dist);
	seen_end(child);
	total = stack_sum(job, "total_ns", "user", "futexctn_calls_b");
	CHECK_BETWEEN(TIMES * 95 * MS, total, TIMES * 105 * MS + 1000 * MS * slow());
	CHECK_EQ(stack_sum(job, "count", "user", "futexctn_calls_b"), TIMES);
	CHECK_EQ(stack_sum(job, "count", "user", "futexctn_changed"), 0);
	CHECK_EQ(rows(summary), 1);
	CHECK_EQ(number(row(summary), "count"), TIMES);
	CHECK_EQ(number(row(summary), "tid"), child->child.pid);
	CHECK(number(row(summary), "max_ns") >= (long long)(95 * MS));
	CHECK(number(row(summary), "avg") <= number(row(summary), "max_ns"));
	CHECK_EQ(number(row(summary), "avg"), number(row(summary), "total_ns") / TIMES);
	CHECK_EQ(rows(other), 0);
	CHECK_EQ(rows(dist), 1);
	CHECK_EQ(number(row(dist), "count"), TIMES);
	CHECK_STR(string(row(dist), "comm"), "waits");
	CHECK_NO_LOSS(job);
	CHECK_EQ(run("corekit", "futexctn", "-l", "x", "-d", "100ms")->status, 2);
}
