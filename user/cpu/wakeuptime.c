// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/offcpu_user.h"
#include "lib/stack_user.h"
#include "cpu/wakeuptime.h"
#include "cpu/wakeuptime.skel.h"

#define ROW struct wakeuptime_row

ROW {
	struct wakeuptime_key key;
	struct wakeuptime_value value;
};

static const struct opt opts[] = {
	OPT_OFFCPU(wakeuptime),
	OPT('U', "user-stacks", NULL, wakeuptime, with_user_stack, "the waker's own functions as well, not only the kernel's"),
	OPT_STACK_FORMAT(wakeuptime),
	{}
};

static const struct column columns[] = {
	COL_NSEC("total", "us", ROW, value.total, 12, "time from blocking to being woken"),
	COL("count", ROW, value.count, 8, "how often"),
	COL("pid", ROW, key.pid, 7, "process that was woken"),
	COL("comm", ROW, key.comm, -16, "its command name"),
	COL("waker_pid", ROW, key.waker_pid, 9, "process that woke it", HIDDEN),
	COL("waker", ROW, key.waker, -16, "its command name"),
	COL_STACK,
	{}
};

static const struct stack_view view = {
	.parts = {
		{ PART_COMM, "waker", offsetof(ROW, key.waker) },
		{ PART_USER, "user", offsetof(ROW, key.user) },
		{ PART_KERNEL, "kernel", offsetof(ROW, key.kernel) },
		{ PART_COMM, "comm", offsetof(ROW, key.comm) },
	},
	.value = offsetof(ROW, value.total), .divide = USEC, .unit = "microseconds", .type = "wakeup",
};

static int setup(struct run *run)
{
	struct wakeuptime_bpf__rodata *rodata = run->rodata;

	return offcpu_check(rodata->only_user_threads, rodata->only_kernel_threads, rodata->min_block, rodata->max_block) ?:
	       stack_setup(run, &view, &rodata->stack_depth);
}

static const struct example examples[] = {
	{ "-d 10", "who wakes whom, after how long a sleep and from where, during ten seconds" },
	{ "-p 1234 -U -d 10", "who wakes one process, with the waker's own functions" },
	{}
};

TOOL(wakeuptime,
	.summary  = "how long tasks sleep until they are woken, by the waker's stack",
	.about    = "From the moment that a task blocks to the moment that another one wakes it. Filters look at the one that "
		    "slept. An interrupt wakes in the name of whatever task it interrupts: the stack tells.",
	.cost     = "Two scheduler tracepoints; a stack is taken at each wake-up that ends a wait.",
	.caveats  = "Waits that began before the tool did are not counted.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .early = stack_early, .end = stack_end,
	.keep_caps = SYMBOL_CAPS,
	.table    = ROWS("counts", ROW, "total", STACK_TABLE));
