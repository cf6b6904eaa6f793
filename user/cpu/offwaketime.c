// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/offcpu_user.h"
#include "lib/stack_user.h"
#include "cpu/offwaketime.h"
#include "cpu/offwaketime.skel.h"

#define ROW struct offwaketime_row

ROW {
	struct offwaketime_key key;
	struct offcpu_value value;
};

static const struct opt opts[] = {
	OPT_OFFCPU(offwaketime),
	OPT_STACKS(offwaketime),
	{}
};

static const struct column columns[] = {
	COL_NSEC("total", "us", ROW, value.total, 12, "time off the CPU"),
	COL("count", ROW, value.count, 8, "how often"),
	COL("pid", ROW, key.pid, 7, "process that waited"),
	COL("comm", ROW, key.comm, -16, "its command name"),
	COL("waker_pid", ROW, key.waker_pid, 9, "process that woke it", HIDDEN),
	COL("waker", ROW, key.waker, -16, "its command name"),
	COL_STACK,
	{}
};

static const struct stack_view view = {
	.parts = {
		{ PART_COMM, "comm", offsetof(ROW, key.comm) },
		{ PART_USER, "user", offsetof(ROW, key.user) },
		{ PART_KERNEL, "kernel", offsetof(ROW, key.kernel) },
		{ PART_BREAK, "--", 0 },
		{ PART_KERNEL, "waker_kernel", offsetof(ROW, key.waker_kernel), true },
		{ PART_USER, "waker_user", offsetof(ROW, key.waker_user), true },
		{ PART_COMM, "waker", offsetof(ROW, key.waker) },
	},
	.value = offsetof(ROW, value.total), .divide = USEC, .unit = "microseconds", .type = "off-cpu",
};

static int setup(struct run *run)
{
	struct offwaketime_bpf__rodata *rodata = run->rodata;

	return offcpu_check(rodata->only_user_threads, rodata->only_kernel_threads, rodata->min_block, rodata->max_block) ?:
	       stack_setup(run, &view, &rodata->stack_depth);
}

static const struct example examples[] = {
	{ "-d 10", "where tasks waited, and who ended the wait from where, during ten seconds" },
	{ "-p 1234 --folded -d 10", "one process, for other tools" },
	{}
};

TOOL(offwaketime,
	.summary  = "where tasks wait, for how long, and who woke them",
	.about    = "offcputime and wakeuptime in one: the stack that a task blocked in, and that of its waker. In text the waker "
		    "comes first, from where it began, then a line --, then the one that waited. Filters look at the one that "
		    "waited.",
	.cost     = "Two scheduler tracepoints; four stacks are taken for each wait.",
	.caveats  = "Waits that began before the tool did, or end after it, are not counted.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .early = stack_early, .end = stack_end,
	.keep_caps = SYMBOL_CAPS,
	.table    = ROWS("counts", ROW, "total", STACK_TABLE));
