// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

/* So many requests of this size, in units of 512 bytes, none next to another. */
struct sizes {
	int fd;
	bool write;
	struct {
		int sectors, count;
	} of[4];
};

static void ask(void *arg)
{
	struct sizes *s = arg;
	char *block;

	REQUIRE(posix_memalign((void **)&block, 4096, 1 << 16) == 0);
	memset(block, 0, 1 << 16);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < s->of[i].count; j++) {
			ssize_t bytes = s->of[i].sectors * 512;
			off_t at = (off_t)(i * 64 + j) << 17;

			REQUIRE((s->write ? pwrite(s->fd, block, bytes, at) : pread(s->fd, block, bytes, at)) == bytes);
		}
}

static long long bucket(const json_t *r, long long from)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(r, "hist"), i, one)
		if (number(one, "from") == from)
			return number(one, "count");
	return 0;
}

TEST(bitesize, "each request is in the bucket of its size, for the command that asked for it")
{
	struct sizes mine = {.of = {{1, 5}, {8, 20}, {16, 7}, {128, 3}}}, other = {.write = true, .of = {{8, 11}, {0, 0}, {0, 0}, {0, 0}}};
	const char *disk = loop_new(&mine.fd);
	struct job *job, *all, *by_name;
	struct child a, b;
	json_t *r;

	other.fd = mine.fd;
	a = child_new("sizes", 0, ask, &mine);
	b = child_new("writer", 0, ask, &other);
	job = tool_start("bitesize", "--disk", disk, "-P");
	all = tool_start("bitesize", "--disk", disk, "-A", "-D", "-O");
	by_name = tool_start("bitesize", "--disk", disk, "-n", "writ*");
	child_run(&a);
	child_run(&b);
	tool_stop(by_name);
	tool_stop(all);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	r = row(job, IS("comm", "sizes"), IS("pid", a.pid));
	CHECK_EQ(number(r, "count"), 35);
	CHECK_EQ(number(r, "sum"), (5 + 20 * 8 + 7 * 16 + 3 * 128) * 512);
	CHECK_EQ(bucket(r, 512), 5);
	CHECK_EQ(bucket(r, 4096), 20);
	CHECK_EQ(bucket(r, 8192), 7);
	CHECK_EQ(bucket(r, 65536), 3);
	r = row(job, IS("comm", "writer"), IS("pid", b.pid));
	CHECK_EQ(number(r, "count"), 11);
	CHECK_EQ(bucket(r, 4096), 11);
	CHECK_EQ(rows(all), 2);
	CHECK_EQ(sum(all, "count", IS("op", "Read"), IS("disk", disk)), 35);
	CHECK_EQ(sum(all, "count", IS("op", "Write"), IS("disk", disk)), 11);
	CHECK_EQ(rows(by_name), 1);
	CHECK_EQ(sum(by_name, "count", IS("comm", "writer")), 11);
	CHECK_NO_LOSS(job);
}

TEST(bitesize, "flushes have no size; an interval shows what came in it; a bad disk is refused in one line")
{
	struct io io = {.reads = 20, .syncs = 5};
	const char *disk = loop_new(&io.fd);
	struct job *job = tool_start("bitesize", "--disk", disk, "-i", "200ms"), *bad;

	io_run(&io);
	nap(900000000);
	io_run(&io);
	tool_stop(job);
	CHECK_EQ(sum(job, "count"), 40);
	CHECK_EQ(sum(job, "sum"), 40 * 4096);
	CHECK(rows(job) >= 2);
	bad = run("corekit", "bitesize", "--disk", "nope");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}
