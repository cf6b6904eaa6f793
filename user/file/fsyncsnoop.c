// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/path_user.h"
#include "lib/tool.h"
#include "file/fsyncsnoop.h"
#include "file/fsyncsnoop.skel.h"

#define EVENT struct fsyncsnoop_event

static void show_file(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->has_file)
		path_write(out, e->names, e->names_len, e->cut);
	else
		out_nothing(out);
}

static int setup(struct run *run)
{
	struct fsyncsnoop_bpf__rodata *rodata = run->rodata;

	return rodata->want_file ? path_setup(run, (struct path_offsets *)&rodata->path_offsets) : 0;
}

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", fsyncsnoop, min, MSEC, "only calls that took so long (1: a millisecond)"),
	OPT('x', "failed", NULL, fsyncsnoop, failed_only, "only calls that failed", .shows = "error"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_SYSCALL, "call", EVENT, call, -10, "system call; /32 where it is one of a 32-bit program"),
	COL_AS(L_ERRNO, "error", EVENT, ret, -8, "why it failed", HIDDEN),
	COL_AS(L_FD, "fd", EVENT, fd, 4, "descriptor", HIDDEN),
	COL_NSEC("latency", "ms", EVENT, latency, 11, "how long it took"),
	COL("bytes", EVENT, bytes, 9, "how much the call itself gave to devices"),
	COL("writes", EVENT, writes, 6, "in how many pieces", HIDDEN),
	COL("flushes", EVENT, flushes, 7, "how often the call itself had a device flush its cache or write past it"),
	COL_OWN("file", show_file, 0, "full path of the file; of syncfs(2), the one that stands for its file system",
		NEEDS(fsyncsnoop, want_file)),
	{}
};

static const struct example examples[] = {
	{ "", "how long it takes until data is safe, by file" },
	{ "-m 100 -T", "calls that took 100 ms and more, with the time" },
	{ "-n 'postgres*' -o +writes", "a database, with the number of writes" },
	{}
};

TOOL(fsyncsnoop,
	.summary  = "how long durable writes take, and what they flush, by file",
	.about    = "One line for each fsync(2), fdatasync(2), syncfs(2), sync(2), msync(2) or sync_file_range(2) that "
		    "returned, with its time and what the calling thread itself gave to devices meanwhile.",
	.cost     = "A raw tracepoint at the beginning and one at the return of each system call, which read its number; one "
		    "look-up for each request to a device.",
	.caveats  = "What kernel threads write on behalf of the call, as the journal's do, and what was written before it, "
		    "is not in bytes and flushes, only in the time. Where devices are stacked (dm, md), each layer counts. "
		    "Writes that are synchronous by O_SYNC or RWF_SYNC, and what is asked through io_uring, are not seen.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
