// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/stat.h>
#include "test.h"

#define PAGE  4096
#define PAGES 1000

static void fill(int fd, int first, int step)
{
	static char page[PAGE];

	for (int i = first; i < PAGES; i += step)
		REQUIRE(pwrite(fd, page, PAGE, i * (off_t)PAGE) == PAGE);
}

static void fill_all(void *fd)
{
	fill(*(int *)fd, 0, 1);
}

struct work {
	int own, shared, mapped, first;
	long long read_bytes; /* of this child, as /proc says; shared with the test */
};

static long long read_bytes(void)
{
	const char *at = strstr(file_text("/proc/self/io"), "\nread_bytes: ");

	REQUIRE(at);
	return atoll(at + strlen("\nread_bytes: "));
}

static void work_of(void *arg)
{
	struct work *work = arg;

	fill(work->own, 0, 1);
	fill(work->shared, work->first, 2);
}

static void map(void *arg)
{
	char *at = mmap(NULL, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, *(int *)arg, 0);

	REQUIRE(at != MAP_FAILED);
	for (int i = 0; i < 10; i++)
		at[i * PAGE] = 1;
}

static void read_twice(void *arg)
{
	struct work *work = arg;
	char page[PAGE];

	for (int i = 0; i < 2 * PAGES; i++)
		REQUIRE(pread(work->own, page, PAGE, i % PAGES * (off_t)PAGE) == PAGE);
	work->read_bytes = read_bytes();
}

TEST(iotop, "what is written back is laid to who made it dirty, what is read to who reads, and both are what the disk counts")
{
	struct io io = {.reads = 10, .writes = 5};
	const char *disk = loop_new(&io.fd);
	int fd = open(text("/dev/%s", disk), O_RDWR | O_CLOEXEC);
	struct child direct = child_new("direct", 0, io_run, &io), buffered = child_new("buffered", 0, fill_all, &fd);
	long long sectors[2] = {disk_stat(disk, DISK_READ_SECTORS), disk_stat(disk, DISK_WRITE_SECTORS)};
	struct job *job, *mine;
	json_t *r;

	REQUIRE(fd >= 0);
	mine = tool_start("iotop", "-i", "1h", "-p", text("%d", buffered.pid));
	job = tool_start("iotop", "-i", "1h", "--disk", disk);
	child_run(&direct);
	child_run(&buffered);	/* it has ended before anything is written to the disk */
	REQUIRE(fsync(fd) == 0);
	tool_stop(job);
	tool_stop(mine);
	r = row(job, IS("pid", direct.pid), IS("comm", "direct"));
	CHECK_EQ(number(r, "read"), 10 * PAGE);
	CHECK_EQ(number(r, "cached"), 0);
	CHECK_EQ(number(r, "disk_read"), 10 * PAGE);
	CHECK_EQ(number(r, "written"), 5 * PAGE);
	CHECK_EQ(number(r, "disk_written"), 5 * PAGE);
	r = row(job, IS("pid", buffered.pid), IS("comm", "buffered"));
	CHECK_EQ(number(r, "written"), PAGES * PAGE);
	CHECK_EQ(number(r, "disk_written"), PAGES * PAGE);
	CHECK_EQ(sum(job, "disk_read"), (disk_stat(disk, DISK_READ_SECTORS) - sectors[0]) * 512);
	CHECK_EQ(sum(job, "disk_written"), (disk_stat(disk, DISK_WRITE_SECTORS) - sectors[1]) * 512);
	CHECK_EQ(rows(mine), 1);
	CHECK_EQ(number(row(mine, IS("pid", buffered.pid)), "disk_written"), PAGES * PAGE);
	CHECK_NO_LOSS(job);
}

TEST(iotop, "--files tells files apart, also one that two processes write; cold and warm reads are known, as /proc/PID/io has them")
{
	const char *where = fs_new("ext4");
	struct work *work = mmap(NULL, 3 * sizeof(*work), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int cold = cold_file(where, PAGES), mapped = open(text("%s/mapped", where), O_RDWR | O_CREAT, 0600);
	struct child a, b, reader, mapper;
	struct job *job, *whole, *bad;
	json_t *r;

	REQUIRE(work != MAP_FAILED && mapped >= 0 && ftruncate(mapped, 10 * PAGE) == 0);
	work[0].own = open(text("%s/a", where), O_RDWR | O_CREAT, 0600);
	work[1].own = open(text("%s/b", where), O_RDWR | O_CREAT, 0600);
	work[0].shared = work[1].shared = open(text("%s/shared", where), O_RDWR | O_CREAT, 0600);
	work[1].first = 1;
	work[2].own = cold;
	a = child_new("a", 0, work_of, &work[0]);
	b = child_new("b", 0, work_of, &work[1]);
	reader = child_new("reader", 0, read_twice, &work[2]);
	mapper = child_new("mapper", 0, map, &mapped);
	job = tool_start("iotop", "-i", "1h", "-F");
	whole = tool_start("iotop", "-i", "1h", "-n", "reader");
	child_run(&reader);
	child_run(&a);
	child_run(&b);
	child_run(&mapper);
	REQUIRE(syncfs(cold) == 0);
	tool_stop(whole);
	tool_stop(job);
	r = row(job, IS("pid", reader.pid), IS("file", "file"));
	CHECK_EQ(number(r, "read"), 2 * PAGES * PAGE);
	CHECK_EQ(number(r, "disk_read"), PAGES * PAGE);
	CHECK_EQ(number(r, "cached"), PAGES * PAGE);
	CHECK_EQ(sum(whole, "disk_read", IS("pid", reader.pid)), work[2].read_bytes);
	CHECK_EQ(sum(job, "disk_read", IS("pid", reader.pid)), work[2].read_bytes);
	CHECK_EQ(number(row(job, IS("pid", a.pid), IS("file", "a")), "disk_written"), PAGES * PAGE);
	CHECK_EQ(number(row(job, IS("pid", b.pid), IS("file", "b")), "disk_written"), PAGES * PAGE);
	r = row(job, IS("pid", a.pid), IS("comm", "a"), IS("file", "shared"));
	CHECK_EQ(number(r, "written"), PAGES / 2 * PAGE);
	CHECK_EQ(number(r, "disk_written"), PAGES / 2 * PAGE);
	r = row(job, IS("pid", b.pid), IS("comm", "b"), IS("file", "shared"));
	CHECK_EQ(number(r, "disk_written"), PAGES / 2 * PAGE);
	CHECK_EQ(number(row(job, IS("pid", mapper.pid), IS("file", "mapped")), "disk_written"), 10 * PAGE);
	CHECK_NO_LOSS(job);
	bad = run("corekit", "iotop", "--disk", "nope");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}
