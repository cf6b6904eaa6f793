// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "mem/swapin.h"
#include "mem/swapin.skel.h"

#define ROW struct swapin_row

static const struct column columns[] = {
	COL("pid", ROW, key.pid, 7, "process id"),
	COL("comm", ROW, value.comm, -16, "command name"),
	COL("count", ROW, value.count, 10, "reads from swap"),
	COL("pages", ROW, value.pages, 10, "pages that they brought in"),
	{}
};

static const struct example examples[] = {
	{ "1", "who has to get memory back from swap, second by second" },
	{ "-c system.slice -d 60", "in a cgroup, during a minute" },
	{}
};

TOOL(swapin,
	.summary  = "who has to get memory back from swap, and how much",
	.about    = "Reads from swap devices and files, by the process that they were made for, with those that read ahead.",
	.cost     = "One program and one look-up for each read from swap, which is far slower.",
	.caveats  = "What is still in memory on its way to swap, or comes from zswap's memory, is counted only as far as the kernel "
		    "goes through the same function for it; so are pages of zeros, for which no disk is read. What the kernel brings in for swapoff(2) counts for who calls that.",
	.examples = examples, .columns = columns,
	.table    = ROWS("processes", ROW, "pages", .adds = 2 * sizeof(__u64)));
