// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/wait.h>
#include "test.h"

#define MS 1000000ULL

/* The kernel's own account, /proc/PID/schedstat: ns on a CPU, and ns waited for one. */
struct account {
	unsigned long long ran, waited;
};

static struct account account_of(pid_t pid)
{
	struct account a;

	REQUIRE(sscanf(file_text(text("/proc/%d/schedstat", pid)), "%llu %llu", &a.ran, &a.waited) == 2);
	return a;
}

/* A child that goes on when told, and then waits in a pipe until the test ends: it lives through every interval. */
struct worker {
	struct child child;
	int done, more;
};

struct order {
	void (*work)(void);
	int done, more;
};

static void obey(void *arg)
{
	struct order *order = arg;
	char byte;

	order->work();
	REQUIRE(write(order->done, "", 1) == 1);
	if (read(order->more, &byte, 1) < 0)
		_exit(1);
}

static struct worker worker_new(const char *comm, void (*work)(void))
{
	int done[2], more[2];
	struct worker worker;
	struct order order;

	REQUIRE(pipe2(done, O_CLOEXEC) == 0 && pipe2(more, O_CLOEXEC) == 0);
	order = (struct order){work, done[1], more[0]};
	pin(0);
	worker.child = child_new(comm, 0, obey, &order);
	worker.done = done[0];
	worker.more = more[1];
	close(done[1]);
	nap(100 * MS);	/* it falls asleep */
	return worker;
}

static void worker_wait(struct worker *worker)
{
	char byte;

	REQUIRE(read(worker->done, &byte, 1) == 1);
}

static long long of(struct job *job, struct worker *worker, const char *key)
{
	return number(row(job, IS("tid", worker->child.pid)), key);
}

#define TURNS 20

static void turns(void)
{
	for (int i = 0; i < TURNS; i++) {
		burn(5 * MS);
		nap(10 * MS);
	}
}

static void sleeper(void)
{
	nap(200 * MS);
}

/* A parent is blocked while the child that it made by vfork has not ended. */
static void blocked(void)
{
	for (int i = 0; i < 4; i++) {
		pid_t pid = vfork();

		if (!pid) {
			nap(50 * MS);
			_exit(0);
		}
		REQUIRE(waitpid(pid, NULL, 0) == pid);
	}
}

#define MOVES 20

static void mover(void)
{
	for (int i = 0; i < MOVES; i++)
		pin((i + 1) % 2);
}

TEST(schedtop, "running, sleeping, being blocked and moved are what they were, and add up to the interval")
{
	struct worker turner = worker_new("turner", turns), asleep = worker_new("asleep", sleeper);
	struct worker vforker = worker_new("vforker", blocked), moved = worker_new("moved", mover);
	struct worker *all[] = {&turner, &asleep, &vforker, &moved};
	struct account before[4], after[4];
	uint64_t start = now_ns(), wall;
	long long longest = 0, lived = 0, rows_of = 0;
	struct job *job;
	json_t *r;

	job = tool_start("schedtop", "-i", "1h", "-o", "+wall,pid");
	wall = now_ns();
	for (int i = 0; i < 4; i++) {
		before[i] = account_of(all[i]->child.pid);
		child_go(&all[i]->child);
		worker_wait(all[i]);
		nap(20 * MS);
		after[i] = account_of(all[i]->child.pid);
	}
	wall = now_ns() - wall;
	tool_stop(job);
	start = now_ns() - start;

	/* to the nanosecond the same for all that lived through it */
	each_row(r, job)
		longest = number(r, "wall_ns") > longest ? number(r, "wall_ns") : longest;
	each_row(r, job)
	{
		lived += number(r, "wall_ns") == longest;
		rows_of++;
		CHECK_EQ(number(r, "on_ns") + number(r, "wait_ns") + number(r, "sleep_ns") + number(r, "block_ns"),
			 number(r, "wall_ns"));
	}
	CHECK_BETWEEN(wall, longest, start);
	CHECK(lived * 2 > rows_of);
	for (int i = 0; i < 4; i++) {
		double ran = after[i].ran - before[i].ran, waited = after[i].waited - before[i].waited;

		CHECK_EQ(of(job, all[i], "wall_ns"), longest);
		CHECK_EQ(of(job, all[i], "pid"), all[i]->child.pid);
		/* its time has our programs at the switch as well, and not what interrupts and hypervisors took */
		CHECK_BETWEEN(ran * 0.9 - 5e6 * slow(), of(job, all[i], "on_ns"), ran * 1.3 + 20e6 * slow());
		/* to the kernel a task also waits while our programs run on its behalf */
		CHECK_BETWEEN(waited * 0.7 - 5e6 * slow(), of(job, all[i], "wait_ns"), waited * 1.3 + 20e6 * slow());
	}
	CHECK_STR(string(row(job, IS("tid", turner.child.pid)), "comm"), "turner");
	CHECK(of(job, &turner, "on_ns") >= TURNS * 5e6 * 0.7);
	CHECK(of(job, &turner, "sleep_ns") >= TURNS * 10e6);
	CHECK(of(job, &turner, "vol") >= TURNS - 2);
	CHECK_BETWEEN(0, of(job, &turner, "block_ns"), 20e6 * slow());
	CHECK(of(job, &asleep, "sleep_ns") >= 200e6);
	CHECK(of(job, &vforker, "block_ns") >= 4 * 50e6 * 0.7);
	CHECK(of(job, &moved, "moves") >= MOVES - 1);
	CHECK_BETWEEN(0, of(job, &asleep, "moves"), 3);
	CHECK_EQ(lost(job), 0);
}

static void hog(void)
{
	burn(300 * MS);
}

TEST(schedtop, "two that share a CPU: one waits while the other runs, and they lose it without wanting to")
{
	struct worker a = worker_new("hog-a", hog), b = worker_new("hog-b", hog);
	struct job *job = tool_start("schedtop", "-i", "1h", "-n", "hog-?", "-o", "+wall");
	struct account before[2], after[2];

	before[0] = account_of(a.child.pid);
	before[1] = account_of(b.child.pid);
	child_go(&a.child);
	child_go(&b.child);
	worker_wait(&a);
	worker_wait(&b);
	nap(20 * MS);
	after[0] = account_of(a.child.pid);
	after[1] = account_of(b.child.pid);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(of(job, &a, "wall_ns"), of(job, &b, "wall_ns"));
	for (int i = 0; i < 2; i++) {
		struct worker *worker = i ? &b : &a;
		double waited = after[i].waited - before[i].waited;

		CHECK(waited > 50 * MS);
		CHECK_BETWEEN(waited * 0.7 - 5e6, of(job, worker, "wait_ns"), waited * 1.3 + 50e6 * slow());
		CHECK(of(job, worker, "on_ns") >= 300e6 * 0.7);
		CHECK(of(job, worker, "invol") >= 3);
	}
}

TEST(schedtop, "intervals follow each other without a gap, for who runs and who sleeps alike")
{
	struct worker runs = worker_new("runs", hog), sleeps = worker_new("sleeps", sleeper);
	long long n = 0, wall[2] = {0, 0};
	struct worker *both[] = {&runs, &sleeps};
	uint64_t start;
	struct job *job;
	json_t *r;

	start = now_ns();
	job = tool_start("schedtop", "-i", "50ms", "-o", "+wall", "-p",
			 text("%d,%d", runs.child.pid, sleeps.child.pid));
	child_go(&runs.child);
	child_go(&sleeps.child);
	worker_wait(&runs);
	worker_wait(&sleeps);
	tool_stop(job);
	start = now_ns() - start;
	for (int i = 0; i < 2; i++)
		each_row(r, job, IS("tid", both[i]->child.pid))
		{
			wall[i] += number(r, "wall_ns");
			n++;
		}
	CHECK(n >= 8);
	CHECK_EQ(wall[0], wall[1]);
	CHECK_BETWEEN(300e6, wall[0], start);
	CHECK(sum(job, "on_ns", IS("tid", runs.child.pid)) >= 300e6 * 0.7);
	CHECK(sum(job, "sleep_ns", IS("tid", sleeps.child.pid)) >= 200e6);
}
