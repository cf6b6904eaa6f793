// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/block.h"
#include "lib/stack_user.h"
#include "block/biostacks.h"
#include "block/biostacks.skel.h"

#define ROW struct biostacks_row

ROW {
	struct biostacks_key key;
	struct biostacks_value value;
};

static const struct opt opts[] = {
	OPT(0, "disk", "DISK", biostacks, only_disk, "only this disk: sda, /dev/nvme0n1 or 8:0", .parse = block_disk,
	    .complete = "device"),
	OPT('Q', "queued", NULL, biostacks, queued, "only the time until the driver gets it"),
	OPT('D', "dist", NULL, biostacks, dist, "a histogram for each stack", .keyed = true, .hides = "total count avg max"),
	OPT_UNIT('m', "milliseconds", biostacks, unit, MSEC, "histograms in milliseconds; microseconds otherwise"),
	OPT_STACK_FORMAT(biostacks),
	{}
};

static const struct column columns[] = {
	COL_NSEC("total", "us", ROW, value.total, 12, "time that the requests took"),
	COL("count", ROW, value.count, 8, "how many"),
	COL_AVERAGE(ROW, value.total, 10, "the average"),
	COL_NSEC("max", "us", ROW, value.max.most, 10, "the longest"),
	COL_AS(L_DEV, "disk", ROW, key.disk, -8, "disk"),
	COL("pid", ROW, key.pid, 7, "process that asked for it"),
	COL("comm", ROW, key.comm, -15, "its command name"),
	COL_STACK,
	{}
};

static const struct stack_view view = {
	.parts = { { PART_COMM, "comm", offsetof(ROW, key.comm) }, { PART_KERNEL, "kernel", offsetof(ROW, key.kernel) } },
	.value = offsetof(ROW, value.total), .divide = USEC, .unit = "microseconds", .type = "block",
};

static const struct table hists = HISTS("hists", struct biostacks_key, "usecs", DIVIDE(biostacks, unit), .keyed = true);

static int setup(struct run *run)
{
	struct biostacks_bpf__rodata *rodata = run->rodata;

	if (rodata->dist)
		run->table = &hists;
	run->common->want_comm = true;
	return stack_setup(run, &view, &rodata->stack_depth);
}

static const struct example examples[] = {
	{ "-d 10", "which ways through the kernel made requests, and how long those took, during ten seconds" },
	{ "--disk sda --flamegraph io.svg -d 30", "one disk, as a flame graph of the time" },
	{ "-D -m -p 1234 1 5", "a process, with a histogram for each stack, every second" },
	{}
};

TOOL(biostacks,
	.summary  = "how long block requests take, by the stack that made them",
	.about    = "From the moment that a request is made to the moment that all of it is done; with -Q, that the driver gets "
		    "it. The stack tells why there was one: a read, a page fault, the file system's journal. Filters look at the "
		    "task that makes it.",
	.cost     = "Three tracepoints for each block request, with a stack taken.",
	.caveats  = "Where a kernel thread writes what a program has left behind, the stack is the kernel thread's.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .early = stack_early, .end = stack_end,
	.keep_caps = SYMBOL_CAPS, .hists = &hists, .optional = "merge",
	.table    = ROWS("requests_by_stack", ROW, "total", STACK_TABLE, .adds = offsetof(struct biostacks_value, max),
			 .peak = offsetof(struct biostacks_value, max) + 1));
