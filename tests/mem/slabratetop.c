// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define FILES 500

static void open_files(void *arg)
{
	for (int i = 0; i < FILES; i++)
		REQUIRE(close(open("/dev/null", O_RDONLY)) == 0);
}

TEST(slabratetop, "an object for each file that is opened, as long as /proc/slabinfo says; others' aren't counted")
{
	struct child child = child_new(NULL, 0, open_files, NULL), other = child_new(NULL, 0, open_files, NULL);
	struct job *job = tool_start("slabratetop", "-i", "1h", "-o", "+size", "-p", text("%d", child.pid));
	long long size = 0;
	char *at;
	json_t *r;

	child_run(&other);
	child_run(&child);
	tool_stop(job);
	r = row(job, IS("cache", "filp"));
	CHECK_EQ(number(r, "allocs"), FILES);
	CHECK_EQ(number(r, "bytes"), FILES * number(r, "size"));
	if (access("/proc/slabinfo", R_OK) == 0) {
		at = strstr(file_text("/proc/slabinfo"), "\nfilp ");
		REQUIRE(at && sscanf(at, " filp %*d %*d %lld", &size) == 1);
		CHECK_EQ(number(r, "size"), size);
	}
	CHECK_NO_LOSS(job);
}

TEST(slabratetop, "intervals add up; the first row is the one with most")
{
	struct child child = child_new(NULL, 0, open_files, NULL);
	struct job *job = tool_start("slabratetop", "-i", "100ms", "-p", text("%d", child.pid));

	child_run(&child);
	nap(300000000);
	tool_stop(job);
	CHECK_EQ(sum(job, "allocs", IS("cache", "filp")), FILES);
}
