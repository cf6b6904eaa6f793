// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What it shows of reads and writes is in cachestat.c, beside that tool. */
#include <sys/mman.h>
#include "test.h"

#define PAGES 1000

static int mapped;

static void touch(void *arg)
{
	volatile char *at = mmap(NULL, PAGES * 4096l, PROT_READ, MAP_SHARED, mapped, 0);

	REQUIRE(at != MAP_FAILED);
	for (int i = 0; i < PAGES; i++)
		(void)at[i * 4096l];
}

TEST(cachetop, "what a mapping brings in is no miss of reads, but counted apart")
{
	const char *where = fs_new("ext4");
	struct child child;
	struct job *job;
	json_t *r;

	mapped = cold_file(where, PAGES);
	child = child_new("mapper", 0, touch, NULL);
	job = tool_start("cachetop", "-i", "1h", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(job);
	r = row(job, IS("pid", child.pid));
	CHECK_EQ(number(r, "other"), PAGES);
	CHECK_EQ(number(r, "misses"), 0);
	CHECK_EQ(number(r, "hits"), 0);
	CHECK_NO_LOSS(job);
}
