// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/eventfd.h>
#include <sys/mman.h>
#include "spin.h"

/* What the compiler can't see into, so that no allocation is left out. */
static void *(*volatile the_malloc)(size_t) = malloc;
static void *(*volatile the_calloc)(size_t, size_t) = calloc;
static void *(*volatile the_realloc)(void *, size_t) = realloc;
static void (*volatile the_free)(void *) = free;

SEEN void memleak_keeps(void)
{
	for (int i = 0; i < 7; i++)
		the_malloc(1000 + i);
	seen_after++;
}

SEEN void memleak_frees(void)
{
	for (int i = 0; i < 7; i++)
		the_free(the_malloc(500));
	seen_after++;
}

SEEN void memleak_zeroes(void)
{
	the_calloc(3, 11);
	seen_after++;
}

SEEN void memleak_grows(void)
{
	void *p = the_malloc(10);

	p = the_realloc(p, 100);
	p = the_realloc(p, 5000);
	the_realloc(NULL, 13);
	seen_after += !p;
}

SEEN void memleak_aligns(void)
{
	void *p = NULL;

	REQUIRE(posix_memalign(&p, 64, 640) == 0);
	REQUIRE(aligned_alloc(128, 1280));
	seen_after += !p;
}

/* Too large for the heap: the allocator maps it, which is no other allocation. */
SEEN void memleak_maps(void)
{
	void *p = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(p != MAP_FAILED && munmap(p, 8192) == 0);
	the_malloc(300000);
	the_free(the_malloc(400000));
	seen_after++;
}

static void allocates(void *arg)
{
	memleak_keeps();
	memleak_frees();
	memleak_zeroes();
	memleak_grows();
	memleak_aligns();
	memleak_maps();
}

static long long bytes_of(struct job *job, const char *function, long long *count)
{
	*count = stack_sum(job, "count", "user", function);
	return stack_sum(job, "bytes", "user", function);
}

static struct job *start(struct seen *child, const char *a, const char *b)
{
	return tool_start("memleak", "-p", text("%d", child->child.pid), "--older", "0", "-r", "1000", a, b);
}

TEST(memleak, "what a program holds, to the byte, by who asked for it", .timeout = 120)
{
	struct seen *child = seen_new("holds", allocates, NULL);
	struct job *job = start(child, NULL, NULL), *each;
	long long count;
	json_t *r;

	each = start(child, "--show-allocs", "--min-size=1001");
	seen_run(child);
	tool_stop(job);
	tool_stop(each);
	seen_end(child);
	CHECK_EQ(bytes_of(job, "memleak_keeps", &count), 7 * 1000 + 21);
	CHECK_EQ(count, 7);
	CHECK_EQ(bytes_of(job, "memleak_frees", &count), 0);
	CHECK_EQ(bytes_of(job, "memleak_zeroes", &count), 33);
	CHECK_EQ(count, 1);
	CHECK_EQ(bytes_of(job, "memleak_grows", &count), 5013);
	CHECK_EQ(count, 2);
	CHECK_EQ(bytes_of(job, "memleak_aligns", &count), 640 + 1280);
	CHECK_EQ(count, 2);
	CHECK_EQ(bytes_of(job, "memleak_maps", &count), 65536 + 300000);
	CHECK_EQ(count, 2);
	CHECK_EQ(rows(job, IS("pid", child->child.pid), IS("comm", "holds"), IS("kind", "program")), rows(job));
	CHECK_EQ(bytes_of(each, "memleak_keeps", &count), 6 * 1000 + 21);
	CHECK_EQ(count, 6);
	CHECK_EQ(bytes_of(each, "memleak_zeroes", &count), 0);
	each_row(r, each) {
		CHECK_EQ(number(r, "count"), 1);
		CHECK(json_object_get(r, "address") != NULL);
	}
	CHECK_NO_LOSS(job);
}

static void many(void *arg)
{
	for (int i = 0; i < 2000; i++)
		the_malloc(16);
}

TEST(memleak, "a sample is about what it says; and what has no room is counted as lost")
{
	struct seen *child = seen_new("many", many, NULL);
	struct job *sample = start(child, "-s", "10"), *full = start(child, "--max-entries", "100");
	long long held;

	seen_run(child);
	tool_stop(sample);
	tool_stop(full);
	seen_end(child);
	/* 200, give or take 13 by chance */
	CHECK_BETWEEN(100, sum(sample, "count"), 320);
	held = sum(full, "count");
	CHECK_BETWEEN(50, held, 200);
	CHECK(lost(full) + held >= 2000);
}

static void files(void *arg)
{
	for (int i = 0; i < 200; i++)
		REQUIRE(eventfd(0, EFD_CLOEXEC) >= 0);
}

TEST(memleak, "what the kernel holds for a program that has files open")
{
	struct seen *open = seen_new("opens", files, NULL);
	struct job *job = tool_start("memleak", "-n", "opens", "--older", "0", "-r", "1000"), *few, *percpu;

	few = tool_start("memleak", "-n", "opens", "--older", "1h");
	percpu = tool_start("memleak", "-P", "--older", "0");
	seen_run(open);
	tool_stop(job);
	tool_stop(few);
	tool_stop(percpu);
	seen_end(open);
	/* a file and what it is about, for each */
	CHECK(sum(job, "count", IS("kind", "slab")) >= 200);
	CHECK(sum(job, "bytes", IS("kind", "slab")) >= 200 * 100);
	CHECK_EQ(rows(few), 0);
	CHECK_EQ(rows(percpu, IS("kind", "percpu")), rows(percpu));
}

TEST(memleak, "what it can't do is told")
{
	struct job *job;

	needs("memleak");
	job = run("corekit", "memleak", "-O", "/dev/null", "-d", "100ms");
	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	CHECK_EQ(run("corekit", "memleak", "-z", "2", "-Z", "1", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "memleak", "-P", "-p", text("%d", getpid()), "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "memleak", "-s", "0", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "memleak", "-p", text("%d", getpid()), "-S", "no_such_", "-d", "100ms")->status, 2);
}
