// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/resource.h>
#include "test.h"

#define PAGES 40
#define SIZE (PAGES * 4096l)

static const char *path;
static struct {
	long major, minor;	/* as the kernel counts them */
	uint64_t ns;
} *truth;

/* Each page of a file that isn't in memory, none near one that is: a major fault each. Then memory of its own. */
static void touch(void *arg)
{
	struct rusage before, after;
	int fd = open(path, O_RDONLY);
	volatile char *at = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	char *own = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t began;

	REQUIRE(fd >= 0 && at != MAP_FAILED && own != MAP_FAILED);
	REQUIRE(madvise((void *)at, SIZE, MADV_RANDOM) == 0 && (madvise(own, SIZE, MADV_NOHUGEPAGE) == 0 || errno == EINVAL));
	getrusage(RUSAGE_SELF, &before);
	began = now_ns();
	for (int i = 0; i < PAGES; i++)
		(void)at[i * 4096l];
	for (int i = 0; i < PAGES; i++)
		own[i * 4096l] = 1;
	truth->ns = now_ns() - began;
	getrusage(RUSAGE_SELF, &after);
	truth->major = after.ru_majflt - before.ru_majflt;
	truth->minor = after.ru_minflt - before.ru_minflt;
}

TEST(pagefaults, "each page of a cold file is a major fault in it, each new page of memory a minor one; as the kernel counts them")
{
	static char block[1 << 16];
	struct job *job, *majors, *slowest, *bad;
	struct child child;
	uint64_t sum_ns = 0;
	json_t *r;
	int fd;

	path = text("%s/a file", fs_new("ext4"));
	fd = open(path, O_CREAT | O_RDWR, 0600);
	for (long done = 0; done < SIZE; done += sizeof(block))
		REQUIRE(write(fd, block, sizeof(block)) == sizeof(block));
	REQUIRE(fsync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	truth = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = child_new("toucher", 0, touch, NULL);
	job = tool_start("pagefaults", "-a", "-p", text("%d", child.pid), "-o", "+address,offset");
	majors = tool_start("pagefaults", "-p", text("%d", child.pid));
	slowest = tool_start("pagefaults", "-a", "-m", "1000s", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(slowest);
	tool_stop(majors);
	tool_stop(job);
	CHECK(truth->major >= PAGES);	/* its code may have to be read, too */
	CHECK_EQ(rows(job, IS("kind", "major"), IS("file", path), IS("comm", "toucher")), PAGES);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(rows(job, IS("kind", "major"), IS("file", path), IS("offset", i * 4096l)), 1);
	CHECK_EQ(rows(majors, IS("file", path)), PAGES);
	CHECK_EQ(rows(majors, IS("kind", "minor")), 0);
	CHECK(rows(job, IS("kind", "minor"), IS("file", NOTHING)) >= PAGES);
	CHECK(rows(job, IS("kind", "minor")) >= truth->minor);	/* some were before and after */
	CHECK_EQ(rows(slowest), 0);
	each_row(r, job, IS("kind", "major"), IS("file", path))
	{
		CHECK(number(r, "latency_ns") > 0);
		sum_ns += number(r, "latency_ns");
	}
	CHECK(sum_ns <= truth->ns);
	CHECK_NO_LOSS(job);
	CHECK_NO_LOSS(majors);

	bad = run("corekit", "pagefaults", "-m", "x");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}
