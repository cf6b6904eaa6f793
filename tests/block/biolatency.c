// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include "test.h"

/* Adds up the counts of the histograms whose flags begin with this. */
static long long of_flags(struct job *job, const char *disk, const char *flags)
{
	long long count = 0;
	json_t *r;

	each_row(r, job, IS("disk", disk))
	{
		if (!strncmp(string(r, "flags"), flags, strlen(flags)))
			count += number(r, "count");
	}
	return count;
}

/* Of one row: what its buckets add up to, and the smallest value that any holds. */
static long long in_buckets(const json_t *r, long long *least)
{
	json_t *hist = json_object_get(r, "hist"), *bucket;
	long long sum = 0;
	size_t i;

	*least = -1;
	json_array_foreach(hist, i, bucket) {
		if (*least < 0)
			*least = number(bucket, "from");
		CHECK(number(bucket, "from") <= number(bucket, "to"));
		sum += number(bucket, "count");
	}
	return sum;
}

TEST(biolatency, "each request to a loop device is counted once, by kind")
{
	struct io io = {.reads = 100, .writes = 50, .syncs = 10};
	const char *disk = loop_new(&io.fd);
	struct job *job = tool_start("biolatency", "-D", "-F");
	long long least;

	io_run(&io);
	tool_stop(job);
	CHECK_REQUESTS(of_flags(job, disk, "Read"), 100);
	CHECK_REQUESTS(of_flags(job, disk, "Write-Sync-Idle"), 50);
	CHECK_REQUESTS(of_flags(job, disk, "Flush"), 10);
	CHECK_REQUESTS(sum(job, "count", IS("disk", disk)), 160);
	CHECK_EQ(in_buckets(row(job, IS("disk", disk)), &least), number(row(job, IS("disk", disk)), "count"));
	CHECK_NO_LOSS(job);
}

TEST(biolatency, "--disk lets through one disk of two, by name, path and number; -D tells them apart")
{
	struct io a = {.reads = 31}, b = {.reads = 17};
	const char *disk_a = loop_new(&a.fd), *disk_b = loop_new(&b.fd);
	struct stat st;
	struct job *by_name = tool_start("biolatency", "--disk", disk_a), *by_path, *by_number, *each;

	REQUIRE(fstat(b.fd, &st) == 0);
	by_path = tool_start("biolatency", "--disk", text("/dev/%s", disk_b));
	by_number = tool_start("biolatency", "-D", "--disk", text("%d:%d", (int)(st.st_rdev >> 8), (int)(st.st_rdev & 255)));
	each = tool_start("biolatency", "-D");
	io_run(&a);
	io_run(&b);
	tool_stop(by_name);
	tool_stop(by_path);
	tool_stop(by_number);
	tool_stop(each);
	CHECK_REQUESTS(sum(by_name, "count"), 31);
	CHECK_REQUESTS(sum(by_path, "count"), 17);
	CHECK_EQ(rows(by_number), 1);
	CHECK_REQUESTS(sum(by_number, "count", IS("disk", disk_b)), 17);
	CHECK_REQUESTS(sum(each, "count", IS("disk", disk_a)), 31);
	CHECK_REQUESTS(sum(each, "count", IS("disk", disk_b)), 17);
}

TEST(biolatency, "-Q counts the same requests, and is never shorter")
{
	struct io io = {.reads = 200};
	const char *disk = loop_new(&io.fd);
	struct job *whole = tool_start("biolatency", "-Q", "--percentiles", "--disk", disk);
	struct job *device = tool_start("biolatency", "--percentiles", "--disk", disk);

	io_run(&io);
	tool_stop(device);
	tool_stop(whole);
	CHECK_REQUESTS(sum(device, "count"), 200);
	CHECK_REQUESTS(sum(whole, "count"), 200);
	/* each takes the time by itself, so they differ by a little; the one that the host held up between the two says nothing */
	CHECK(number(row(whole), "p50") * 1.5 + 2 >= number(row(device), "p50"));
}

TEST(biolatency, "an interval shows what came in it, and a disk without requests not at all")
{
	struct io io = {.reads = 40};
	const char *disk = loop_new(&io.fd);
	struct job *job = tool_start("biolatency", "-D", "--disk", disk, "-i", "200ms");
	uint64_t start;

	start = now_ns();
	io_run(&io);
	nap(900000000);
	io_run(&io);
	tool_stop(job);
	CHECK_REQUESTS(sum(job, "count"), 80);
	/* three of those that passed, or more, were empty */
	CHECK_BETWEEN(2, rows(job), (now_ns() - start) / 200000000.0 - 0.5);
}

TEST(biolatency, "percentiles lie where the buckets do")
{
	struct io io = {.reads = 100};
	const char *disk = loop_new(&io.fd);
	struct job *job = tool_start("biolatency", "--percentiles", "--disk", disk);
	json_t *r;

	io_run(&io);
	tool_stop(job);
	r = row(job);
	CHECK_REQUESTS(number(r, "count"), 100);
	CHECK(number(r, "p50") <= number(r, "p99") && number(r, "p99") <= number(r, "max"));
	CHECK_BETWEEN(number(r, "sum_ns") / 1000.0 / 100, number(r, "max"), number(r, "sum_ns") / 1000.0 * 1.07 + 1);
}

TEST(biolatency, "a disk that isn't there, or has no requests, is refused in one line")
{
	static const char *const bad[] = {"nope", "/dev/nope", "999:1", "", "../block/loop0", "/dev/null", "8"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "biolatency", "--disk", bad[i]);

		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}

/* --- Virtual disks that answer after a known time: only where a module can be loaded. --- */

TEST(biolatency, "a disk that takes 10 ms is in the bucket of 10 ms")
{
	struct io io = {.reads = 20, .writes = 10};
	struct job *job, *micro;
	long long least;

	io.fd = null_disk("64", "none", 10);
	job = tool_start("biolatency", "-m", "--disk", "nullb0");
	micro = tool_start("biolatency", "--disk", "nullb0");
	io_run(&io);
	tool_stop(job);
	tool_stop(micro);
	CHECK_STR(string(row(job), "unit"), "msecs");
	CHECK_EQ(in_buckets(row(job), &least), 30);
	CHECK_EQ(least, 8);
	CHECK_BETWEEN(30 * 10e6, number(row(job), "sum_ns"), 30 * 10e6 * (1 + slow()));
	CHECK_STR(string(row(micro), "unit"), "usecs");
	CHECK_EQ(in_buckets(row(micro), &least), 30);
	CHECK_EQ(least, 8192);
}

TEST(biolatency, "-Q counts the time in the scheduler's queue: four readers of a disk that does one at a time")
{
	struct io io = {.reads = 1};
	struct job *device, *whole;
	struct child child[4];

	io.fd = null_disk("1", "mq-deadline", 40);
	for (int i = 0; i < 4; i++) {
		io.from = (off_t)i << 20;
		child[i] = child_new(NULL, 0, io_run, &io);
	}
	whole = tool_start("biolatency", "-Q", "--disk", "nullb0");
	device = tool_start("biolatency", "--disk", "nullb0");
	for (int i = 0; i < 4; i++)
		child_go(&child[i]);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(child_wait(&child[i]), 0);
	tool_stop(device);
	tool_stop(whole);
	CHECK_EQ(sum(device, "count"), 4);
	CHECK_EQ(sum(whole, "count"), 4);
	/* 40 ms each; with the queue 40 + 80 + 120 + 160, less what they didn't start together */
	CHECK_BETWEEN(160e6, sum(device, "sum_ns"), 160e6 * (1 + slow()));
	CHECK_BETWEEN(220e6, sum(whole, "sum_ns"), 400e6 * (1 + slow()));
}

TEST(biolatency, "-p counts what the process itself gives to the disk")
{
	struct io mine = {.reads = 5}, other = {.reads = 7};
	struct child a, b;
	struct job *job;

	mine.fd = other.fd = null_disk("64", "none", 10);
	a = child_new(NULL, 0, io_run, &mine);
	b = child_new(NULL, 0, io_run, &other);
	job = tool_start("biolatency", "-p", text("%d", a.pid), "--disk", "nullb0");
	child_run(&a);
	child_run(&b);
	tool_stop(job);
	CHECK_EQ(sum(job, "count"), 5);
}

TEST(biolatency, "the machine's own disk, in a virtual machine")
{
	struct io io = {.reads = 64, .writes = 32};
	struct job *job;

	io.fd = access("/.vm", F_OK) ? -1 : open("/dev/vda", O_RDWR | O_DIRECT | O_CLOEXEC);
	if (io.fd < 0)
		SKIP("no disk here that may be written to");
	job = tool_start("biolatency", "-D", "-F");
	io_run(&io);
	tool_stop(job);
	CHECK_EQ(of_flags(job, "vda", "Read"), 64);
	CHECK_EQ(of_flags(job, "vda", "Write-Sync-Idle"), 32);
	CHECK_EQ(sum(job, "count", IS("disk", "vda")), 96);
	CHECK_NO_LOSS(job);
}
