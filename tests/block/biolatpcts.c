// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

TEST(biolatpcts, "requests are counted by disk and operation, and percentiles are in order")
{
	struct io a = {.reads = 100, .writes = 50, .syncs = 10}, b = {.reads = 7};
	const char *disk_a = loop_new(&a.fd), *disk_b = loop_new(&b.fd);
	struct job *job = tool_start("biolatpcts", "-o", "+p1,avg,total,p99.99"), *one;
	uint64_t start = now_ns();
	json_t *r;

	one = tool_start("biolatpcts", "--disk", disk_b);
	io_run(&a);
	io_run(&b);
	tool_stop(one);
	tool_stop(job);
	start = now_ns() - start;
	CHECK_EQ(number(row(job, IS("disk", disk_a), IS("op", "Write")), "count"), 50);
	CHECK_EQ(number(row(job, IS("disk", disk_a), IS("op", "Flush")), "count"), 10);
	CHECK_EQ(number(row(job, IS("disk", disk_b), IS("op", "Read")), "count"), 7);
	CHECK_EQ(rows(one), 1);
	CHECK_EQ(sum(one, "count"), 7);
	r = row(job, IS("disk", disk_a), IS("op", "Read"));
	CHECK_EQ(number(r, "count"), 100);
	CHECK(number(r, "p1_ns") > 0);
	CHECK(number(r, "p1_ns") <= number(r, "p50_ns") && number(r, "p50_ns") <= number(r, "p99_ns"));
	CHECK(number(r, "p99_ns") <= number(r, "p99.99_ns") && number(r, "p99.99_ns") <= number(r, "max_ns"));
	CHECK(number(r, "p1_ns") <= number(r, "total_ns") / 100 * 17 / 16 + 1);
	CHECK_BETWEEN(number(r, "total_ns") / 100, number(r, "max_ns"), start * 1.07);
	CHECK_NO_LOSS(job);
}

TEST(biolatpcts, "since a request was made is never shorter; what only waits for a flush is no write")
{
	struct io io = {.reads = 100, .syncs = 5};
	const char *disk = loop_new(&io.fd);
	struct job *made = tool_start("biolatpcts", "-w", "after-rq-alloc", "--disk", disk, "-o", "+total");
	struct job *alloc = tool_start("biolatpcts", "-w", "from-rq-alloc", "--disk", disk, "-o", "+total");

	io_run(&io);
	tool_stop(alloc);
	tool_stop(made);
	CHECK_EQ(rows(made), 2);
	CHECK_EQ(rows(alloc), 2);
	CHECK_EQ(sum(made, "count", IS("op", "Read")), 100);
	CHECK_EQ(sum(made, "count", IS("op", "Flush")), 5);
	CHECK_EQ(sum(alloc, "count", IS("op", "Read")), 100);
	/* each takes the time by itself, so they differ by a little; the one that the host held up between the two says nothing */
	CHECK(number(row(alloc, IS("op", "Read")), "p50_ns") * 2 >= number(row(made, IS("op", "Read")), "p50_ns"));
}

TEST(biolatpcts, "a disk that takes 10 ms; four at a time of one that does one at a time")
{
	struct io io = {.reads = 1};
	struct job *device, *whole;
	struct child child[4];
	json_t *r;

	io.fd = null_disk("1", "mq-deadline", 10);
	for (int i = 0; i < 4; i++) {
		io.from = (off_t)i << 20;
		child[i] = child_new(NULL, 0, io_run, &io);
	}
	device = tool_start("biolatpcts", "--disk", "nullb0", "-o", "+p1,total");
	whole = tool_start("biolatpcts", "--disk", "nullb0", "-w", "after-rq-alloc", "-o", "+total");
	for (int i = 0; i < 4; i++)
		child_go(&child[i]);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(child_wait(&child[i]), 0);
	tool_stop(whole);
	tool_stop(device);
	r = row(device);
	CHECK_EQ(number(r, "count"), 4);
	CHECK(number(r, "p1_ns") >= 10000000);
	CHECK_EQ(sum(whole, "count"), 4);
}

TEST(biolatpcts, "intervals; what is no way to count, and no disk, is refused in one line")
{
	static const char *const bad[][2] = {{"--disk", "nope"}, {"-w", "x"}, {"-w", ""}, {"-w", "on-device-"}};
	struct io io = {.reads = 40};
	const char *disk = loop_new(&io.fd);
	struct job *job = tool_start("biolatpcts", "--disk", disk, "-i", "200ms");

	io_run(&io);
	nap(900000000);
	io_run(&io);
	tool_stop(job);
	CHECK_EQ(sum(job, "count"), 80);
	CHECK(rows(job) >= 2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "biolatpcts", bad[i][0], bad[i][1]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}
