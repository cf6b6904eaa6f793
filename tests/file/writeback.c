// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "test.h"

#define PAGES 256

static const char *device;

/* A pass over our disk that wrote something: one that finds all of it written is a row as well. */
static bool shown(void *job)
{
	for (char *line = strtok(job_now(job), "\n"); line; line = strtok(NULL, "\n"))
		if (strstr(line, text("\"%s\"", device)) && !strstr(line, "\"pages\":0"))
			return true;
	return false;
}

/* sync(2) wakes the writeback threads, and then writes what they haven't got to by itself. */
TEST(writeback, "what is dirty on a disk of our own is written for sync(2), no page twice")
{
	static char page[4096] = {1};
	int rounds = 0;
	const char *disk;
	struct job *job, *slowest;
	struct stat st;
	int direct, fd;

	disk = loop_new(&direct);
	REQUIRE(fstat(direct, &st) == 0);
	device = text("%u:%u", major(st.st_rdev), minor(st.st_rdev));
	job = tool_start("writeback", "-o", "+filesystem,asked");
	slowest = tool_start("writeback", "-m", "1000000");
	fd = open(text("/dev/%s", disk), O_RDWR | O_CLOEXEC);	/* through the page cache */
	REQUIRE(fd >= 0);
	do {
		for (int i = 0; i < PAGES; i++)
			REQUIRE(pwrite(fd, page, sizeof(page), i * 8192) == sizeof(page));
		sync();
	} while (++rounds < 50 && !until(0.5, shown, job));
	tool_stop(slowest);
	tool_stop(job);
	CHECK_BETWEEN(1, sum(job, "pages", IS("device", device)), rounds * PAGES);
	CHECK(rows(job, IS("device", device)) >= 1);
	CHECK(rows(job, IS("reason", "sync")) >= 1);
	CHECK(sum(job, "duration_ns", IS("device", device)) > 0);
	CHECK_EQ(rows(slowest), 0);
	CHECK_NO_LOSS(job);
	close(fd);
}

TEST(writeback, "bad values are refused in one line")
{
	struct job *job = run("corekit", "writeback", "-m", "x");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
}
