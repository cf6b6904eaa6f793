// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/block.h"
#include "lib/tool.h"
#include "block/biolatency.h"
#include "block/biolatency.skel.h"

#define KEY struct biolatency_key

static void show_flags(struct out *out, const struct column *c, const void *row)
{
	block_flags(out, ((const KEY *)row)->flags);
}

static int setup(struct run *run)
{
	const struct biolatency_bpf__rodata *rodata = run->rodata;

	if (!rodata->queued)
		attach_skip("insert merge");
	return rodata->by_flags ? block_setup(run) : 0;
}

static const struct opt opts[] = {
	OPT_UNIT('m', "milliseconds", biolatency, unit, MSEC, "in milliseconds; microseconds otherwise"),
	OPT('Q', "queued", NULL, biolatency, queued, "count the time in the kernel's queue as well"),
	OPT('D', "disks", NULL, biolatency, by_disk, "a histogram for each disk", KEYED("disk")),
	OPT('F', "flags", NULL, biolatency, by_flags, "a histogram for each kind of request", KEYED("flags")),
	OPT(0, "disk", "DISK", biolatency, only_disk, "only this disk: sda, /dev/nvme0n1 or 8:0", .parse = block_disk,
	    .complete = "device"),
	{}
};

static const struct column columns[] = {
	COL_AS(L_DEV, "disk", KEY, disk, -10, "disk", HIDDEN),
	COL_OWN("flags", show_flags, -24, "operation and flags of the request", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "-d 10", "how long disks took, during ten seconds" },
	{ "-D -m 1 5", "for each disk, in milliseconds, every second, five times" },
	{ "-Q -F --disk sda", "sda with the time in its queue, for each kind of request" },
	{ "--percentiles -D -d 60", "percentiles of a minute for each disk" },
	{}
};

TOOL(biolatency,
	.summary  = "how long block requests take, as a histogram",
	.about    = "From the moment a request is given to the driver - with -Q, to the queue - to the moment all of it is "
		    "done. A request that the driver gives back and takes again is counted once, from the last time "
		    "(with -Q from the first).",
	.cost     = "Two tracepoints for each block request, three with -Q. See docs/performance.md for figures.",
	.caveats  = "The filters by process look at who gives a request to the driver or, with -Q, to the queue: for "
		    "buffered writes and busy disks mostly a kernel thread. What a bio-based device (md, dm, zram) does "
		    "shows at the disks below it. A request counts as one however many bios were merged into it.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .optional = "merge",
	.table    = HISTS("hists", KEY, "usecs", DIVIDE(biolatency, unit)));
