// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include "test.h"

#define PAGE  4096
#define PAGES 1000

/* What the disk read for the child that does this, as the kernel accounts for it; shared with the test. */
struct work {
	int fd;
	long long bytes;
};

static void read_some(void *arg)
{
	struct work *work = arg;
	char page[PAGE];

	REQUIRE(pread(work->fd, page, PAGE, 0) == PAGE);
	nap(300000000);		/* what came with it waits */
	for (int i = 1; i < 100; i++)
		REQUIRE(pread(work->fd, page, PAGE, i * (off_t)PAGE) == PAGE);
	work->bytes = atoll(strstr(file_text("/proc/self/io"), "\nread_bytes: ") + strlen("\nread_bytes: "));
}

/* Waits for all that is still being read, and takes it out of the page cache. */
static void drop(const char *path)
{
	int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	void *zero;

	REQUIRE(posix_memalign(&zero, PAGE, PAGES * PAGE) == 0);
	memset(zero, 0, PAGES * PAGE);
	REQUIRE(fd >= 0 && pwrite(fd, zero, PAGES * PAGE, 0) == PAGES * PAGE);
}

TEST(readahead, "all that a cold read brings in is counted, what is used of it, how late, and what is dropped unused")
{
	const char *where = fs_new("ext4");
	struct work *work = mmap(NULL, sizeof(*work), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child child;
	struct job *job, *ages;
	json_t *r, *bucket;
	long long late = 0;
	size_t i;

	REQUIRE(work != MAP_FAILED);
	work->fd = cold_file(where, PAGES);
	child = child_new("reader", 0, read_some, work);
	job = tool_start("readahead", "-i", "1h", "-p", text("%d", child.pid));
	ages = tool_start("readahead", "-i", "1h", "-D", "-p", text("%d", child.pid));
	child_run(&child);
	drop(text("%s/file", where));
	tool_stop(ages);
	tool_stop(job);
	r = row(job, IS("pid", child.pid), IS("comm", "reader"));
	CHECK_BETWEEN(101, number(r, "read"), PAGES);
	/* Some blocks that tell where the file is may have been read, too. */
	CHECK_BETWEEN(number(r, "read") * PAGE, work->bytes, (number(r, "read") + 16) * PAGE);
	CHECK_BETWEEN(100, number(r, "used"), number(r, "read"));
	CHECK_EQ(number(r, "unused"), number(r, "read") - number(r, "used"));
	CHECK_EQ(number(r, "dropped"), number(r, "unused"));
	json_array_foreach(json_object_get(row(ages), "hist"), i, bucket)
		if (number(bucket, "from") >= 256)
			late += number(bucket, "count");
	CHECK(late >= 1);
	CHECK_NO_LOSS(job);
}
