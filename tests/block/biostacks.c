// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "spin.h"

TEST(biostacks, "each request is at the stack that made it, with its process and disk")
{
	struct io io = {.reads = 60, .writes = 25};
	const char *disk = loop_new(&io.fd);
	struct job *job = tool_start("biostacks", "--disk", disk), *dist = tool_start("biostacks", "-D", "--disk", disk), *queued;
	long long reads, writes;
	uint64_t start;

	queued = tool_start("biostacks", "-Q", "--disk", disk);
	start = now_ns();
	io_run(&io);
	start = now_ns() - start; /* one at a time */
	tool_stop(job);
	tool_stop(dist);
	tool_stop(queued);
	reads = stack_sum(job, "count", "kernel", "vfs_read");
	writes = stack_sum(job, "count", "kernel", "vfs_write");
	CHECK_EQ(reads, 60);
	CHECK_EQ(writes, 25);
	CHECK_EQ(sum(job, "count", IS("pid", getpid()), IS("disk", disk)), 85);
	CHECK_EQ(sum(job, "count"), 85);
	CHECK_EQ(sum(dist, "count"), 85);
	CHECK_EQ(sum(queued, "count"), 85);
	CHECK_BETWEEN(1, sum(job, "total_ns"), start);
	CHECK_BETWEEN(0, sum(queued, "total_ns"), start);
	CHECK(number(row(job), "max_ns") <= number(row(job), "total_ns"));
	CHECK_NO_LOSS(job);
	CHECK_EQ(run("corekit", "biostacks", "--disk", "no such disk", "-d", "100ms")->status, 2);
}
