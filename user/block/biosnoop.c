// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/block.h"
#include "lib/block_order.h"
#include "lib/tool.h"
#include "block/biosnoop.h"
#include "block/biosnoop.skel.h"

#define EVENT struct biosnoop_event

static void show_op(struct out *out, const struct column *c, const void *row)
{
	block_op(out, ((const EVENT *)row)->flags);
}

static void show_flags(struct out *out, const struct column *c, const void *row)
{
	block_flags(out, ((const EVENT *)row)->flags);
}

/* A flush is for the whole disk. */
static void show_sector(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->bytes)
		out_u64(out, e->sector);
	else
		out_nothing(out);
}

static void show_pattern(struct out *out, const struct column *c, const void *row)
{
	switch (((const EVENT *)row)->order) {
	case BLOCK_SEQUENTIAL: out_str(out, "sequential"); break;
	case BLOCK_RANDOM: out_str(out, "random"); break;
	default: out_nothing(out);
	}
}

static bool event(struct run *run, void *event, size_t size)
{
	EVENT *e = event;

	e->error = block_error(e->error);
	return true;
}

static int setup(struct run *run)
{
	return block_setup(run);
}

static const struct opt opts[] = {
	OPT_SHOW('Q', "queued", "queued", "show the time in the kernel's queue as well"),
	OPT_TIME('m', "min", "TIME", biosnoop, min, MSEC, "only requests that took the disk so long (1: a millisecond)"),
	OPT(0, "disk", "DISK", biosnoop, only_disk, "only this disk: sda, /dev/nvme0n1 or 8:0", .parse = block_disk,
	    .complete = "device"),
	OPT_SHOW('P', "pattern", "pattern", "show whether it began where the disk's last request ended as well"),
	OPT_SHOW('F', "flags", "flags", "show all flags of the request as well"),
	OPT_SHOW('x', "errors", "error", "show why it failed as well"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_DEV, "disk", EVENT, disk, -8, "disk"),
	COL_OWN("op", show_op, -8, "operation"),
	COL_OWN("flags", show_flags, -24, "operation and flags of the request", HIDDEN),
	COL_OWN("sector", show_sector, 11, "where it begins, in units of 512 bytes; none for a flush", .bare_json = true),
	COL("bytes", EVENT, bytes, 8, "how long it is"),
	COL_OWN("pattern", show_pattern, -10, "sequential: it begins where the disk's request before ended; or random",
		HIDDEN, NEEDS(biosnoop, pattern)),
	COL_NSEC("queued", "ms", EVENT, queued, 9, "from the making of the request until the driver got it", HIDDEN),
	COL_NSEC("latency", "ms", EVENT, latency, 11, "from there until it was done"),
	COL_AS(L_ERRNO, "error", EVENT, error, -8, "why it failed", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "every request to every disk, who asked for it, and how long it took" },
	{ "-Q -m 10 --disk sda", "what took sda more than 10 ms, with the time in the queue" },
	{ "-n 'postgres*' -P", "requests of the database, and whether they are sequential" },
	{ "-j -d 10 -o time,pid,disk,sector,bytes,latency", "ten seconds as JSON" },
	{}
};

TOOL(biosnoop,
	.summary  = "trace block requests: who asked for what, and how long it took",
	.about    = "One line for each request that a disk's driver was given, as it is done. The process is the one that "
		    "asked for it, whoever gave it to the driver; the kernel makes one flush for all who wait for one, "
		    "which is laid to the last of them.",
	.cost     = "Three tracepoints and four look-ups for each block request, and one record.",
	.caveats  = "What is written from the page cache is asked for by kernel threads. A request that others were merged "
		    "into shows who asked for its beginning. One that was made before the tool began is laid to who "
		    "gave it to the driver and, with filters, not shown. What a bio-based device (md, dm, zram) does "
		    "shows at the disks below it.",
	.optional = "merge", .state = "requests",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .event = event);
