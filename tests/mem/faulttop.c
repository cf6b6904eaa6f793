// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/resource.h>
#include "test.h"

#define COLD 30
#define OWN 500
#define PAGE 4096l

static const char *where;
static struct {
	long minor;	/* as the kernel counts them */
	uint64_t cold_ns;
} *truth;

/* Pages of a file that isn't in memory, none near one that is; then memory of its own. */
static void touch(void *arg)
{
	struct rusage before, after;
	int fd = cold_file(where, COLD);
	volatile char *at = mmap(NULL, COLD * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	char *own = mmap(NULL, OWN * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(at != MAP_FAILED && own != MAP_FAILED);
	REQUIRE(madvise((void *)at, COLD * PAGE, MADV_RANDOM) == 0 && (madvise(own, OWN * PAGE, MADV_NOHUGEPAGE) == 0 || errno == EINVAL));
	truth->cold_ns = now_ns();
	for (int i = 0; i < COLD; i++)
		(void)at[i * PAGE];
	truth->cold_ns = now_ns() - truth->cold_ns;
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < OWN; i++)
		own[i * PAGE] = 1;
	getrusage(RUSAGE_SELF, &after);
	truth->minor = after.ru_minflt - before.ru_minflt;
}

TEST(faulttop, "so many major faults in a cold file, and minor ones in memory of its own, each in its row")
{
	struct job *job, *majors;
	struct child child;
	json_t *r;

	where = fs_new("ext4");
	truth = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = child_new("toucher", 0, touch, NULL);
	job = tool_start("faulttop", "-a", "-p", text("%d", child.pid), "-o", "+inode", "-d", "100");
	majors = tool_start("faulttop", "-p", text("%d", child.pid), "-d", "100");
	child_run(&child);
	tool_stop(majors);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("file", "file"), IS("major", COLD), IS("comm", "toucher"), IS("pid", child.pid)), 1);
	CHECK_EQ(rows(majors, IS("file", "file"), IS("major", COLD)), 1);
	each_row(r, job, IS("file", "file"))
	{
		CHECK_BETWEEN(1, number(r, "major_time_ns"), truth->cold_ns);
		CHECK_EQ(number(r, "average_ns"), number(r, "major_time_ns") / COLD);
		CHECK(number(r, "inode") > 0);
	}
	CHECK(truth->minor >= OWN);
	each_row(r, job, IS("file", NOTHING), IS("inode", 0))
		CHECK(number(r, "minor") >= truth->minor);
	CHECK_EQ(rows(job, IS("file", NOTHING)), 1);
	CHECK_NO_LOSS(job);
	CHECK_NO_LOSS(majors);
}
