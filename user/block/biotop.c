// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/block.h"
#include "lib/tool.h"
#include "block/biotop.h"
#include "block/biotop.skel.h"

#define ROW struct biotop_row

static void show_op(struct out *out, const struct column *c, const void *row)
{
	block_op(out, ((const ROW *)row)->op);
}

/* An average, in milliseconds. */
static void average(struct out *out, __u64 ns, __u64 count)
{
	out_fixed(out, count ? ns / count : 0, MSEC, 3);
}

static void show_avg(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	average(out, r->value.ns, r->value.count);
}

static void show_avg_queued(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	average(out, r->value.queued, r->value.count);
}

static int setup(struct run *run)
{
	return block_setup(run);
}

static const struct opt opts[] = {
	OPT_SHOW('Q', "queued", "avg_queued", "show the average time in the kernel's queue as well"),
	OPT(0, "disk", "DISK", biotop, only_disk, "only this disk: sda, /dev/nvme0n1 or 8:0", .parse = block_disk,
	    .complete = "device"),
	{}
};

static const struct column columns[] = {
	COL("pid", ROW, pid, 7, "process id of who asked for it"),
	COL("comm", ROW, value.comm, -16, "command name", WANTS(want_comm)),
	COL_AS(L_DEV, "disk", ROW, disk, -10, "disk"),
	COL_OWN("op", show_op, -12, "operation"),
	COL("requests", ROW, value.count, 8, "requests that were done"),
	COL("bytes", ROW, value.bytes, 12, "how much they were together"),
	COL_NSEC("time", "ms", ROW, value.ns, 10, "how long they took the disk, added up", HIDDEN),
	COL_OWN("avg_queued", show_avg_queued, 10, "average time until the driver had it, in milliseconds", HIDDEN,
		.bare_json = true),
	COL_OWN("avg", show_avg, 8, "average time that the disk took, in milliseconds", .bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "", "who keeps the disks busy, on the screen, every second" },
	{ "--sort time -r 10 5", "the ten that cost the disks most time, every five seconds" },
	{ "--disk sda -d 60 -i 60 -j", "who did what to sda in a minute, as JSON" },
	{}
};

TOOL(biotop,
	.summary  = "who keeps the disks busy: requests, bytes and time by process",
	.about    = "Each interval, by process, disk and operation, the requests that were done in it. The process is the "
		    "one that asked, whoever gave the request to the driver. On a terminal it works as top does: q quits, "
		    "p pauses, s sorts by the next column, r turns the order, the space bar shows the next interval at "
		    "once.",
	.cost     = "Three tracepoints and five look-ups for each block request.",
	.caveats  = "What is written from the page cache is asked for by kernel threads. A request that others were merged "
		    "into counts for who asked for its beginning, a flush for the last who asked for one. One that was "
		    "made before the tool began is laid to who gave it to the driver and, with filters, not counted. What "
		    "a bio-based device (md, dm, zram) does shows at the disks below it.",
	.optional = "merge",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup,
	.table    = ROWS("rows", ROW, "bytes", .screen = true, .adds = offsetof(struct biotop_value, comm)));
