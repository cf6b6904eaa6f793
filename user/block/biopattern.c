// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/block.h"
#include "lib/tool.h"
#include "block/biopattern.h"
#include "block/biopattern.skel.h"

#define ROW struct biopattern_row

static void percent(struct out *out, __u64 n, __u64 of)
{
	out_fixed(out, of ? n * 1000 / of : 0, 10, 1);
}

static void show_sequential(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	percent(out, r->value.sequential, r->value.count);
}

static void show_random(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	percent(out, r->value.random, r->value.count);
}

static const struct opt opts[] = {
	OPT(0, "disk", "DISK", biopattern, only_disk, "only this disk: sda, /dev/nvme0n1 or 8:0", .parse = block_disk,
	    .complete = "device"),
	{}
};

static const struct column columns[] = {
	COL_AS(L_DEV, "disk", ROW, disk, -12, "disk"),
	COL_OWN("rnd", show_random, 7, "requests that began elsewhere than where the one before ended, in percent",
		.bare_json = true),
	COL_OWN("seq", show_sequential, 7, "requests that began right there, in percent", .bare_json = true),
	COL("random", ROW, value.random, 10, "how many began elsewhere", HIDDEN),
	COL("sequential", ROW, value.sequential, 10, "how many began right there", HIDDEN),
	COL("requests", ROW, value.count, 10, "requests"),
	COL("bytes", ROW, value.bytes, 14, "how much they were together"),
	{}
};

static const struct example examples[] = {
	{ "", "how much of what disks do is sequential, until Ctrl-C" },
	{ "1 10", "every second, ten times" },
	{ "--disk sda -d 60 -j", "a minute of sda, as JSON" },
	{}
};

TOOL(biopattern,
	.summary  = "how much of what disks do is sequential, how much random",
	.about    = "A request is sequential when it begins where the one before it ended on the same disk, in the order in "
		    "which the driver got them, whatever process they are for. The first one of a disk, flushes, and what "
		    "a driver gives back and takes again aren't counted.",
	.cost     = "One tracepoint and two look-ups for each block request.",
	.caveats  = "Several sequential readers at a time look random to the disk, and are counted so. What a bio-based "
		    "device (md, dm, zram) does shows at the disks below it.",
	.examples = examples, .opts = opts, .columns = columns,
	.table    = ROWS("disks", ROW, "requests"));
