// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/block.h"
#include "lib/tool.h"
#include "block/bitesize.h"
#include "block/bitesize.skel.h"

#define KEY struct bitesize_key

static void show_op(struct out *out, const struct column *c, const void *row)
{
	block_op(out, ((const KEY *)row)->op);
}

static int setup(struct run *run)
{
	return ((const struct bitesize_bpf__rodata *)run->rodata)->by_op ? block_setup(run) : 0;
}

static const struct opt opts[] = {
	OPT('A', "all", NULL, bitesize, total, "not by command name: all in one", .hides = "comm"),
	OPT('P', "pids", NULL, bitesize, by_pid, "a histogram for each process", KEYED("pid")),
	OPT('D', "disks", NULL, bitesize, by_disk, "a histogram for each disk", KEYED("disk")),
	OPT('O', "ops", NULL, bitesize, by_op, "a histogram for each operation", KEYED("op")),
	OPT(0, "disk", "DISK", bitesize, only_disk, "only this disk: sda, /dev/nvme0n1 or 8:0", .parse = block_disk,
	    .complete = "device"),
	{}
};

static const struct column columns[] = {
	COL("comm", KEY, comm, -16, "command name of who asked for it", WANTS(want_comm)),
	COL("pid", KEY, pid, 7, "process id", HIDDEN),
	COL_AS(L_DEV, "disk", KEY, disk, -10, "disk", HIDDEN),
	COL_OWN("op", show_op, -12, "operation", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "-d 10", "how long the requests were that each command asked for, during ten seconds" },
	{ "-A -D -O 5", "every five seconds, for each disk and operation" },
	{ "-n 'rsync*' -P --disk sda", "rsync's requests to sda, by process" },
	{}
};

TOOL(bitesize,
	.summary  = "how long block requests are, as a histogram by command",
	.about    = "The bytes of each request that a disk's driver was given, as it is done: after merging and splitting. "
		    "The command is the one that asked for it, whoever gave it to the driver. Flushes have no length and "
		    "are left out.",
	.cost     = "Three tracepoints and five look-ups for each block request.",
	.caveats  = "What is written from the page cache is asked for by kernel threads. A request that others were merged "
		    "into counts for who asked for its beginning. One that was made before the tool began is laid to who "
		    "gave it to the driver and, with filters, not counted. What a bio-based device (md, dm, zram) does "
		    "shows at the disks below it.",
	.optional = "merge",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup,
	.table    = HISTS("hists", KEY, "bytes", .keyed = true));
