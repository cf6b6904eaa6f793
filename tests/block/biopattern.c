// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

static char *block;

static void reads(int fd, off_t from, off_t step, int count)
{
	if (!block)
		REQUIRE(posix_memalign((void **)&block, 4096, 4096) == 0);
	for (int i = 0; i < count; i++)
		REQUIRE(pread(fd, block, 4096, from + i * step) == 4096);
}

TEST(biopattern, "sequential and random requests are told apart to the last, by disk; as many as /sys/block/*/stat has")
{
	int a, b;
	const char *disk_a = loop_new(&a), *disk_b = loop_new(&b);
	long long before = disk_stat(disk_a, DISK_READS);
	struct job *job = tool_start("biopattern", "-o", "disk,random,sequential,requests,bytes,rnd,seq"), *one;
	json_t *r;

	one = tool_start("biopattern", "--disk", disk_b);
	for (int i = 0; i < 10; i++) {	/* in turns: each disk has an order of its own */
		reads(a, i * 8192, 4096, 2);
		reads(b, i * 8192, 4096, 1);
	}
	reads(a, 1 << 20, 4096, 30);
	tool_stop(one);
	tool_stop(job);
	r = row(job, IS("disk", disk_a));
	/* of 50 reads the first is unknown, 19 + 29 follow on, one jumps */
	CHECK_EQ(number(r, "requests"), 49);
	CHECK_EQ(number(r, "requests") + 1, disk_stat(disk_a, DISK_READS) - before);
	CHECK_EQ(number(r, "sequential"), 48);
	CHECK_EQ(number(r, "random"), 1);
	CHECK_EQ(number(r, "bytes"), 49 * 4096);
	r = row(job, IS("disk", disk_b));
	CHECK_EQ(number(r, "random"), 9);
	CHECK_EQ(number(r, "sequential"), 0);
	CHECK_EQ((long long)json_number_value(json_object_get(r, "rnd")), 100);
	CHECK_EQ((long long)json_number_value(json_object_get(r, "seq")), 0);
	CHECK_EQ(rows(one), 1);
	CHECK_EQ(rows(one, IS("disk", disk_b), IS("requests", 9)), 1);
	CHECK_NO_LOSS(job);
}

TEST(biopattern, "writes count as reads do, flushes not at all; a bad disk is refused in one line")
{
	struct io io = {.writes = 11, .syncs = 5};
	const char *disk = loop_new(&io.fd);
	struct job *job = tool_start("biopattern", "--disk", disk, "-i", "200ms", "-o", "random,sequential,requests"), *bad;

	io_run(&io);
	nap(900000000);
	io_run(&io);
	tool_stop(job);
	CHECK_EQ(sum(job, "random"), 21);
	CHECK_EQ(sum(job, "sequential"), 0);
	CHECK(rows(job) >= 2);
	bad = run("corekit", "biopattern", "--disk", "nope");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}
