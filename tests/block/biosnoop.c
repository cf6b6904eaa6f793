// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mount.h>
#include "test.h"

/* What is asked for, in units of 512 bytes: none next to the one before but the last two. */
static const struct request {
	bool write;
	int sector, sectors;
	const char *pattern;
} requests[] = {
	{false, 0, 8, NULL},	     {false, 16, 8, "random"},	       {true, 1000, 1, "random"},
	{true, 4096, 128, "random"}, {false, 65408, 128, "random"},    {false, 8, 24, "random"},
	{true, 32, 8, "sequential"}, {false, 40, 16, "sequential"},
};

#define REQUESTS (sizeof(requests) / sizeof(*requests))

static char *block;

static void ask(int fd, const struct request *r)
{
	size_t bytes = r->sectors * 512;
	ssize_t n;

	if (!block)
		REQUIRE(posix_memalign((void **)&block, 4096, 128 * 512) == 0);
	n = r->write ? pwrite(fd, block, bytes, r->sector * 512) : pread(fd, block, bytes, r->sector * 512);
	REQUIRE(n == (ssize_t)bytes);
}

TEST(biosnoop, "each request is shown once, with its place, size and asker, as /sys/block/*/stat counts it")
{
	int fd;
	const char *disk = loop_new(&fd);
	/* somebody else may look at a disk that has just come: counted around the tool's time and within it */
	long long outside[16], before[16], after[16];
	uint64_t start[REQUESTS], took[REQUESTS];
	struct job *job;

	for (int i = 0; i < 16; i++)
		outside[i] = disk_stat(disk, i);
	job = tool_start("biosnoop", "--disk", disk, "-P", "-Q", "-o", "+time,tid");
	for (int i = 0; i < 16; i++)
		before[i] = disk_stat(disk, i);
	for (size_t i = 0; i < REQUESTS; i++) {
		start[i] = now_ns();
		ask(fd, &requests[i]);
		took[i] = now_ns() - start[i];
	}
	for (int i = 0; i < 15; i++)
		after[i] = disk_stat(disk, i) - before[i];
	REQUIRE(fsync(fd) == 0);
	tool_stop(job);
	for (int i = 0; i < 16; i++)
		outside[i] = disk_stat(disk, i) - outside[i];
	for (size_t i = 0; i < REQUESTS; i++) {
		const struct request *r = &requests[i];
		json_t *shown = row(job, IS("sector", r->sector));

		CHECK_EQ(rows(job, IS("sector", r->sector), IS("bytes", r->sectors * 512), IS("pid", getpid()),
			      IS("tid", getpid()), IS("disk", disk), IS("op", r->write ? "Write" : "Read"),
			      IS("pattern", r->pattern)), 1);
		CHECK_BETWEEN(1, number(shown, "latency_ns"), took[i]);
		CHECK_BETWEEN(0, number(shown, "queued_ns"), took[i]);
	}
	CHECK_BETWEEN(after[DISK_READS], rows(job, IS("op", "Read")), outside[DISK_READS]);
	CHECK_BETWEEN(after[DISK_READ_SECTORS] * 512, sum(job, "bytes", IS("op", "Read")), outside[DISK_READ_SECTORS] * 512);
	CHECK_EQ(rows(job, IS("op", "Write")), after[DISK_WRITES]);
	CHECK_EQ(sum(job, "bytes", IS("op", "Write")), after[DISK_WRITE_SECTORS] * 512);
	CHECK_EQ(rows(job, IS("op", "Flush"), IS("sector", NOTHING), IS("bytes", 0), IS("pid", getpid())), 1);
	CHECK_EQ(rows(job, IS("op", "Flush")), outside[DISK_FLUSHES]);
	CHECK_EQ(rows(job, IS("pid", getpid())), REQUESTS + 1);
	CHECK_NO_LOSS(job);
}

TEST(biosnoop, "filters look at who asked, not at whom the completion interrupted: pid, name and cgroup")
{
	struct io mine = {.reads = 40, .writes = 20, .syncs = 3}, other = {.reads = 70, .syncs = 2};
	const char *disk = loop_new(&mine.fd), *cgroup = cgroup_new("disk");
	struct job *by_pid, *by_name, *by_cgroup;
	struct child a, b;

	other.fd = mine.fd;
	a = child_new("asker", 0, io_run, &mine);
	b = child_new("another", 0, io_run, &other);
	cgroup_enter(cgroup, a.pid);
	by_pid = tool_start("biosnoop", "--disk", disk, "-p", text("%d", a.pid));
	by_name = tool_start("biosnoop", "--disk", disk, "-n", "ask*");
	by_cgroup = tool_start("biosnoop", "--disk", disk, "-c", cgroup);
	child_run(&b);
	child_run(&a);
	tool_stop(by_cgroup);
	tool_stop(by_name);
	tool_stop(by_pid);
	CHECK_EQ(rows(by_pid), 63);
	CHECK_EQ(rows(by_name), 63);
	CHECK_EQ(rows(by_cgroup), 63);
	CHECK_EQ(rows(by_pid, IS("pid", a.pid), IS("comm", "asker"), IS("op", "Read")), 40);
	CHECK_EQ(rows(by_cgroup, IS("pid", a.pid), IS("op", "Flush")), 3);
}

TEST(biosnoop, "a request that failed shows why")
{
	char *data;
	int fd, errors = 0;
	const char *disk;
	struct job *job;

	mount_tmpfs(tmp("small"));
	REQUIRE(mount("none", tmp("small"), "tmpfs", MS_REMOUNT, "size=64k") == 0);
	disk = loop_on(tmp("small/disk"), &fd);
	job = tool_start("biosnoop", "-x", "-p", text("%d", getpid()), "--disk", disk);
	REQUIRE(posix_memalign((void **)&data, 4096, 4096) == 0);
	memset(data, 1, 4096);
	for (int i = 0; i < 20; i++)
		errors += pwrite(fd, data, 4096, i * 4096 * 2) < 0;
	tool_stop(job);
	CHECK_BETWEEN(1, errors, 19);
	CHECK_EQ(rows(job, IS("op", "Write"), IS("error", NOTHING)), 20 - errors);
	CHECK_EQ(rows(job, IS("op", "Write")) - rows(job, IS("op", "Write"), IS("error", NOTHING)), errors);
	CHECK(rows(job, IS("error", "EIO")) + rows(job, IS("error", "ENOSPC")) == errors);
}

TEST(biosnoop, "-m leaves out what was faster; flags are shown whole; bad values are refused in one line")
{
	static const char *const bad[][2] = {{"-m", "x"}, {"-m", "-1"}, {"--disk", "nope"}, {"--disk", "/dev/null"}};
	struct io io = {.reads = 10, .writes = 5};
	const char *disk = loop_new(&io.fd);
	struct job *none = tool_start("biosnoop", "-m", "1000000", "--disk", disk);
	struct job *all = tool_start("biosnoop", "-m", "0.000001", "-F", "--disk", disk);

	io_run(&io);
	tool_stop(all);
	tool_stop(none);
	CHECK_EQ(rows(none), 0);
	CHECK_EQ(rows(all), 15);
	CHECK_EQ(rows(all, IS("flags", "Write-Sync-Idle"), IS("op", "Write")), 5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "biosnoop", bad[i][0], bad[i][1]);

		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}

TEST(biosnoop, "a disk that takes 40 ms for one request at a time: the others wait in the queue")
{
	struct io io = {.reads = 1};
	long long queued[4] = {0};
	struct child child[4];
	struct job *job, *slower;
	json_t *r;

	io.fd = null_disk("1", "mq-deadline", 40);
	for (int i = 0; i < 4; i++) {
		io.from = (off_t)i << 20;
		child[i] = child_new(NULL, 0, io_run, &io);
	}
	job = tool_start("biosnoop", "-Q", "--disk", "nullb0");
	slower = tool_start("biosnoop", "-m", "9", "--disk", "nullb0");
	for (int i = 0; i < 4; i++)
		child_go(&child[i]);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(child_wait(&child[i]), 0);
	tool_stop(slower);
	tool_stop(job);
	CHECK_EQ(rows(job), 4);
	CHECK_EQ(rows(slower), 4);
	for (int i = 0; i < 4; i++) {
		r = row(job, IS("pid", child[i].pid));
		CHECK(number(r, "latency_ns") >= 40000000);
		CHECK_EQ(number(r, "sector"), (io.from >> 20 << 11) - (3 - i) * 2048);
		queued[i] = number(r, "queued_ns");
	}
	/* 0 + 40 + 80 + 120 ms, less what they didn't start together */
	CHECK(queued[0] + queued[1] + queued[2] + queued[3] >= 60000000);
}
