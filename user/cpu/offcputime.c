// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/offcpu_user.h"
#include "lib/stack_user.h"
#include "cpu/offcputime.h"
#include "cpu/offcputime.skel.h"

#define ROW struct offcputime_row

ROW {
	struct offcputime_key key;
	struct offcpu_value value;
};

static const struct opt opts[] = {
	OPT_OFFCPU(offcputime),
	OPT('L', "tids", NULL, offcputime, by_thread, "for each thread; for each process otherwise", .shows = "tid"),
	OPT(0, "preempted", NULL, offcputime, preempted_too, "also where the CPU was taken from a task that would run on"),
	OPT_STACKS(offcputime),
	{}
};

static const struct column columns[] = {
	COL_NSEC("total", "us", ROW, value.total, 12, "time that it was off the CPU there"),
	COL("count", ROW, value.count, 8, "how often"),
	COL("pid", ROW, key.pid, 7, "process id"),
	COL("tid", ROW, key.tid, 7, "thread id", HIDDEN),
	COL("comm", ROW, key.comm, -16, "command name"),
	COL_STACK,
	{}
};

static const struct stack_view view = {
	.parts = {
		{ PART_COMM, "comm", offsetof(ROW, key.comm) },
		{ PART_USER, "user", offsetof(ROW, key.user) },
		{ PART_KERNEL, "kernel", offsetof(ROW, key.kernel) },
	},
	.value = offsetof(ROW, value.total), .divide = USEC, .unit = "microseconds", .type = "off-cpu",
};

static int setup(struct run *run)
{
	struct offcputime_bpf__rodata *rodata = run->rodata;

	return offcpu_check(rodata->only_user_threads, rodata->only_kernel_threads, rodata->min_block, rodata->max_block) ?:
	       stack_setup(run, &view, &rodata->stack_depth);
}

static const struct example examples[] = {
	{ "-d 10", "where all tasks waited, and for how long, during ten seconds" },
	{ "-p 1234 -m 1ms --flamegraph wait.svg -d 30", "waits of at least a millisecond of one process, as a flame graph" },
	{ "--state 2 -d 10", "only waits that no signal ends: mostly for disks" },
	{}
};

TOOL(offcputime,
	.summary  = "where tasks wait, and for how long, by stack",
	.about    = "From the switch away from a task that blocks to the switch back to it, with the stack that it blocked in. "
		    "Filters look at that task. Rows are the same stack by the names of its functions.",
	.cost     = "A scheduler tracepoint; two stacks are taken at each switch of a task that blocks.",
	.caveats  = "Waits that began before the tool did, or end after it, are not counted. Stacks of programs are followed "
		    "by frame pointers: code built without them is missing, and a stack that ends before the program's or thread's "
		    "beginning ends with [ended early].",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .early = stack_early, .end = stack_end,
	.keep_caps = SYMBOL_CAPS,
	.table    = ROWS("counts", ROW, "total", STACK_TABLE));
