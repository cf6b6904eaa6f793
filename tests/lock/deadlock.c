// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <pthread.h>
#include "spin.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER, c = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER, s = PTHREAD_RWLOCK_INITIALIZER;

SEEN void deadlock_takes(pthread_mutex_t *first, pthread_mutex_t *second)
{
	REQUIRE(pthread_mutex_lock(first) == 0);
	REQUIRE(pthread_mutex_lock(second) == 0);
	REQUIRE(pthread_mutex_unlock(second) == 0);
	REQUIRE(pthread_mutex_unlock(first) == 0);
	seen_after++;
}

SEEN void deadlock_one_order(pthread_mutex_t *first, pthread_mutex_t *second)
{
	deadlock_takes(first, second);
	seen_after++;
}

SEEN void deadlock_other_order(pthread_mutex_t *first, pthread_mutex_t *second)
{
	deadlock_takes(first, second);
	seen_after++;
}

static void *in_thread(void *arg)
{
	((void (*)(void))arg)();
	return NULL;
}

static void thread(void (*work)(void))
{
	pthread_t id;

	REQUIRE(pthread_create(&id, NULL, in_thread, work) == 0 && pthread_join(id, NULL) == 0);
}

static void a_then_b(void) { deadlock_one_order(&a, &b); }
static void b_then_a(void) { deadlock_other_order(&b, &a); }
static void b_then_c(void) { deadlock_takes(&b, &c); }
static void c_then_a(void) { deadlock_takes(&c, &a); }

/* One after the other, so that it doesn't happen. */
static void crossed(void *arg)
{
	thread(a_then_b);
	thread(b_then_a);
}

static void in_a_ring(void *arg)
{
	thread(a_then_b);
	thread(b_then_c);
	thread(c_then_a);
}

static void read_r_write_s(void)
{
	pthread_rwlock_rdlock(&r);
	pthread_rwlock_wrlock(&s);
	pthread_rwlock_unlock(&s);
	pthread_rwlock_unlock(&r);
}

static void write_s_write_r(void)
{
	pthread_rwlock_wrlock(&s);
	pthread_rwlock_wrlock(&r);
	pthread_rwlock_unlock(&r);
	pthread_rwlock_unlock(&s);
}

static void read_s_read_r(void)
{
	pthread_rwlock_rdlock(&s);
	pthread_rwlock_rdlock(&r);
	pthread_rwlock_unlock(&r);
	pthread_rwlock_unlock(&s);
}

static void read_r_read_s(void)
{
	pthread_rwlock_rdlock(&r);
	pthread_rwlock_rdlock(&s);
	pthread_rwlock_unlock(&s);
	pthread_rwlock_unlock(&r);
}

static void readers_and_writers(void *arg)
{
	thread(read_r_write_s);
	thread(write_s_write_r);
}

static void try_b_then_a(void)
{
	REQUIRE(pthread_mutex_lock(&b) == 0);
	REQUIRE(pthread_mutex_trylock(&a) == 0);
	pthread_mutex_unlock(&a);
	pthread_mutex_unlock(&b);
}

/* Each lock is taken before the last one is given back: a chain without an end that leads back. */
enum { CHAIN = 2000 };

static void hand_over_hand(void *arg)
{
	static pthread_mutex_t chain[CHAIN];

	(void)arg;
	for (int i = 0; i < CHAIN; i++)
		pthread_mutex_init(&chain[i], NULL);
	pthread_mutex_lock(&chain[0]);
	for (int i = 1; i < CHAIN; i++) {
		pthread_mutex_lock(&chain[i]);
		pthread_mutex_unlock(&chain[i - 1]);
	}
	pthread_mutex_unlock(&chain[CHAIN - 1]);
}

/* None of these can deadlock. */
static void harmless(void *arg)
{
	pthread_mutexattr_t recursive;
	pthread_mutex_t m;

	for (int i = 0; i < 3; i++) {
		thread(a_then_b);
		thread(b_then_c);
	}
	thread(try_b_then_a);		/* it doesn't wait */
	thread(read_r_read_s);		/* readers don't wait for each other */
	thread(read_s_read_r);
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	REQUIRE(pthread_mutex_init(&m, &recursive) == 0);
	pthread_mutex_lock(&m);
	pthread_mutex_lock(&m);
	deadlock_takes(&a, &b);
	pthread_mutex_unlock(&m);
	pthread_mutex_unlock(&m);
	pthread_mutex_destroy(&m);
	/* another lock at the same place has another order */
	REQUIRE(pthread_mutex_init(&m, NULL) == 0);
	deadlock_takes(&c, &m);
	pthread_mutex_destroy(&m);
	REQUIRE(pthread_mutex_init(&m, NULL) == 0);
	thread(b_then_c);
	pthread_mutex_lock(&m);
	deadlock_takes(&b, &c);
	pthread_mutex_unlock(&m);
}

/* One thread alone, in both orders. */
static void alone(void *arg)
{
	deadlock_takes(&a, &b);
	deadlock_takes(&b, &a);
}

static struct job *watch(void (*work)(void *))
{
	struct seen *child = seen_new("locker", work, NULL);
	struct job *job = tool_start("deadlock", "-p", text("%d", child->child.pid));

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	CHECK_NO_LOSS(job);
	return job;
}

TEST(deadlock, "two locks in both orders, by two threads, are a cycle, with the stacks of both", .timeout = 120)
{
	struct job *job = watch(crossed), *ring = watch(in_a_ring), *rw = watch(readers_and_writers);
	json_t *first, *second;

	CHECK_EQ(rows(job), 2);
	first = row(job, IS("step", 1));
	second = row(job, IS("step", 2));
	CHECK_STR(string(first, "wants"), string(second, "holds"));
	CHECK_STR(string(second, "wants"), string(first, "holds"));
	CHECK(number(first, "tid") != number(second, "tid"));
	CHECK_EQ(rows(job, IS("holds", text("%p", (void *)&a)), IS("wants", text("%p", (void *)&b))), 1);
	CHECK_EQ(rows(job, IS("holds", text("%p", (void *)&b)), IS("wants", text("%p", (void *)&a))), 1);
	first = row(job, IS("holds", text("%p", (void *)&a)));
	CHECK(stack_has(first, "holds", "deadlock_one_order") && stack_has(first, "wants", "deadlock_one_order"));
	second = row(job, IS("holds", text("%p", (void *)&b)));
	CHECK(stack_has(second, "wants", "deadlock_other_order"));
	CHECK_EQ(rows(ring), 3);
	CHECK_EQ(rows(ring, IS("cycle", 1)), 3);
	CHECK_EQ(rows(rw), 2);
}

TEST(deadlock, "where there is none, none is reported", .timeout = 120)
{
	struct job *job = watch(harmless), *one = watch(alone);

	CHECK_EQ(rows(job), 0);
	CHECK_EQ(rows(one), 0);
	CHECK_HAS(job->err, "no locks");
}

TEST(deadlock, "a chain of 2,000 locks, each taken while the last one is held, is looked through in no time", .timeout = 120)
{
	struct job *job = watch(hand_over_hand);

	CHECK_EQ(rows(job), 0);
	CHECK_HAS(job->err, text("among %d pairs", CHAIN - 1));
}

TEST(deadlock, "what it can't do it tells")
{
	needs("deadlock");
	CHECK_EQ(run("corekit", "deadlock", "--binary", "/dev/null", "-p", text("%d", getpid()), "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "deadlock", "--binary", "/nowhere", "-d", "100ms")->status, 2);
}
