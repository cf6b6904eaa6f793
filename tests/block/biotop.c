// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

TEST(biotop, "requests and bytes of two processes and two disks are counted apart, as /sys/block/*/stat does together")
{
	struct io a = {.reads = 50, .writes = 30}, b = {.reads = 20, .syncs = 4};
	const char *disk_a = loop_new(&a.fd), *disk_b = loop_new(&b.fd);
	struct child first = child_new("first", 0, io_run, &a), second = child_new("second", 0, io_run, &b);
	long long reads = disk_stat(disk_a, DISK_READS), writes = disk_stat(disk_a, DISK_WRITES);
	struct job *job = tool_start("biotop", "-i", "1h", "-o", "+time");
	uint64_t start = now_ns();
	json_t *r;

	child_run(&first);
	child_run(&second);
	start = now_ns() - start;
	tool_stop(job);
	CHECK_EQ(rows(job, IS("pid", first.pid)), 2);
	r = row(job, IS("pid", first.pid), IS("comm", "first"), IS("disk", disk_a), IS("op", "Read"));
	CHECK_EQ(number(r, "requests"), 50);
	CHECK_EQ(number(r, "requests"), disk_stat(disk_a, DISK_READS) - reads);
	CHECK_EQ(number(r, "bytes"), 50 * 4096);
	CHECK_BETWEEN(1, number(r, "time_ns"), start);
	r = row(job, IS("pid", first.pid), IS("disk", disk_a), IS("op", "Write"));
	CHECK_EQ(number(r, "requests"), 30);
	CHECK_EQ(number(r, "requests"), disk_stat(disk_a, DISK_WRITES) - writes);
	CHECK_EQ(rows(job, IS("pid", second.pid)), 2);
	r = row(job, IS("pid", second.pid), IS("comm", "second"), IS("disk", disk_b), IS("op", "Read"));
	CHECK_EQ(number(r, "bytes"), 20 * 4096);
	r = row(job, IS("pid", second.pid), IS("op", "Flush"));
	CHECK_EQ(number(r, "requests"), 4);
	CHECK_EQ(number(r, "bytes"), 0);
	CHECK_NO_LOSS(job);
}

TEST(biotop, "-p counts all of a process, though others are interrupted by what it asked for; --disk, --sort and -r")
{
	struct io mine = {.reads = 100}, other = {.reads = 10, .writes = 60};
	const char *disk = loop_new(&mine.fd);
	struct job *by_pid, *all, *first;
	struct child a, b;

	other.fd = mine.fd;
	a = child_new("mine", 0, io_run, &mine);
	b = child_new("other", 0, io_run, &other);
	by_pid = tool_start("biotop", "-i", "1h", "-p", text("%d", a.pid));
	all = tool_start("biotop", "-i", "1h", "--disk", disk, "-Q");
	first = tool_start("biotop", "-i", "1h", "--disk", disk, "--sort", "requests", "-r", "1");
	child_run(&b);
	child_run(&a);
	tool_stop(first);
	tool_stop(all);
	tool_stop(by_pid);
	CHECK_EQ(rows(by_pid, IS("disk", disk)), 1);
	CHECK_EQ(sum(by_pid, "requests", IS("disk", disk)), 100);
	CHECK_EQ(rows(all), 3);
	CHECK_EQ(sum(all, "requests"), 170);
	CHECK_EQ(rows(first), 1);
	CHECK_EQ(rows(first, IS("pid", a.pid), IS("requests", 100)), 1);
}

TEST(biotop, "an interval shows what came in it; a disk that isn't there is refused in one line")
{
	struct io io = {.reads = 40};
	const char *disk = loop_new(&io.fd);
	struct job *job = tool_start("biotop", "--disk", disk, "-i", "200ms"), *bad;

	io_run(&io);
	nap(900000000);
	io_run(&io);
	tool_stop(job);
	CHECK_EQ(sum(job, "requests"), 80);
	CHECK_BETWEEN(2, rows(job), 80);
	bad = run("corekit", "biotop", "--disk", "nope");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}
