// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "spin.h"

TEST(biostacks, "each request is at the stack that made it, with its process and disk")
{
	struct io io = {.reads = 60, .writes = 25};
	const char *disk = loop_new(&io.fd);
	struct job *job = tool_start("biostacks", "--disk", disk), *dist = tool_start("biostacks", "-D", "--disk", disk), *queued;
	long long reads, writes;

	queued = tool_start("biostacks", "-Q", "--disk", disk);
	io_run(&io);
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
	CHECK(sum(queued, "total_ns") <= sum(job, "total_ns") * 1.3 + 1e6);
	CHECK(number(row(job), "max_ns") <= number(row(job), "total_ns"));
	CHECK_NO_LOSS(job);
	CHECK_EQ(run("corekit", "biostacks", "--disk", "no such disk", "-d", "100ms")->status, 2);
}
