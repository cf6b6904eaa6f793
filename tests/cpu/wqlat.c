// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "test.h"

#define MS 1000000ULL

enum { MAPS = 40 };

/* Shared: how many CPUs are kept busy, how many shall be, and whether it is over. */
static struct {
	int on, wanted;
	bool over;
} volatile *hogs;

/* The kernel frees a BPF map in a work item: of the workqueue events, later of events_unbound. */
static void close_maps(void *arg)
{
	uint64_t hog = arg ? *(uint64_t *)arg : 0;
	int map[MAPS];

	for (int i = 0; i < MAPS; i++) {
		map[i] = bpf_map_create(BPF_MAP_TYPE_ARRAY, "wqlat_test", 4, 4, 1, NULL);
		REQUIRE(map[i] >= 0);
	}
	if (hog) {
		REQUIRE(sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){10}) == 0);
		while (hogs->on < hogs->wanted)
			nap(MS);
	}
	for (int i = 0; i < MAPS; i++)
		close(map[i]);
	if (hog) {
		busy(hog);
		hogs->over = true;
	}
}

/* Not for ever, should the other one fail. */
static void only_hog(void *arg)
{
	uint64_t end = now_ns() + 1000 * MS * slow();

	(void)arg;
	REQUIRE(sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){10}) == 0);
	__atomic_add_fetch(&hogs->on, 1, __ATOMIC_RELAXED);
	while (!hogs->over && now_ns() < end)
		;
}

static long long buckets(const json_t *row, long long from)
{
	long long n = 0;
	size_t i;
	json_t *bucket;

	json_array_foreach(json_object_get(row, "hist"), i, bucket) if (number(bucket, "from") >= from) n +=
		number(bucket, "count");
	return n;
}

static long long counted(struct job *job, const char *queue)
{
	return queue ? sum(job, "count", IS("workqueue", queue)) : sum(job, "count");
}

TEST(wqlat, "work that a process gives to the kernel is counted, each once, with its workqueue")
{
	struct child child = child_new(NULL, 0, close_maps, NULL);
	const char *pid = text("%d", child.pid);
	struct job *all = tool_start("wqlat", "-p", pid), *each = tool_start("wqlat", "-W", "-p", pid),
		   *one = tool_start("wqlat", "-W", "-p", pid, "-w", "events_unbound"),
		   *ns = tool_start("wqlat", "--nanoseconds", "-p", pid),
		   *none = tool_start("wqlat", "-w", "no-such-queue");

	child_run(&child);
	nap(100 * MS);
	tool_stop(all);
	tool_stop(each);
	tool_stop(one);
	tool_stop(ns);
	tool_stop(none);
	CHECK(counted(all, NULL) >= MAPS);
	CHECK_EQ(counted(each, NULL), counted(all, NULL));
	CHECK(counted(each, "events") + counted(each, "events_unbound") >= MAPS);
	CHECK_EQ(counted(one, NULL), counted(each, "events_unbound"));
	CHECK_NO_LOSS(one);
	CHECK_EQ(counted(none, NULL), 0);
	CHECK_STR(string(row(ns), "unit"), "nsecs");
	CHECK_STR(string(row(all), "unit"), "usecs");
	CHECK_EQ(counted(ns, NULL), counted(all, NULL));
	CHECK_NO_LOSS(all);
}

TEST(wqlat, "while tasks of higher priority have all CPUs, work waits as long as they run")
{
	static uint64_t length = 80 * MS;
	int n = cpus() - 1;
	struct child child, hog[8];
	struct job *job;

	if (n > 7)
		SKIP("too many CPUs to keep busy");
	hogs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(hogs != MAP_FAILED);
	hogs->wanted = n;
	for (int i = 0; i < n; i++) {
		pin(i + 1);
		hog[i] = child_new("hog", 0, only_hog, NULL);
	}
	pin(0);
	child = child_new("queuer", 0, close_maps, &length);
	job = tool_start("wqlat", "-m", "-p", text("%d", child.pid));
	for (int i = 0; i < n; i++)
		child_go(&hog[i]);
	child_go(&child);
	child_wait(&child);
	for (int i = 0; i < n; i++)
		child_wait(&hog[i]);
	nap(100 * MS);
	tool_stop(job);
	CHECK(counted(job, NULL) >= MAPS);
	CHECK(buckets(row(job), 16) >= MAPS);
	CHECK_STR(string(row(job), "unit"), "msecs");
}

TEST(wqlat, "bad input is refused")
{
	CHECK_EQ(run("corekit", "wqlat", "-d", "10ms", "-w", "a-name-that-is-longer-than-any-workqueue-has")->status,
		 2);
}
