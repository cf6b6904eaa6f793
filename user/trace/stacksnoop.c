// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/points.h"
#include "lib/stack_user.h"
#include "trace/stacksnoop.h"
#include "trace/stacksnoop.skel.h"

#define EVENT struct stacksnoop_event

static const struct opt opts[] = {
	OPT('E', "regexp", NULL, stacksnoop, with_regex, "FUNCTIONs are regular expressions"),
	OPT_STACKS(stacksnoop),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_STACK,
	{}
};

static const struct stack_view view = {
	.parts = {
		{ PART_COMM, "comm", offsetof(EVENT, origin.comm) },
		{ PART_USER, "user", offsetof(EVENT, user) },
		{ PART_KERNEL, "kernel", offsetof(EVENT, kernel) },
	},
	.value = offsetof(EVENT, one), .unit = "calls", .type = "calls",
};

static int setup(struct run *run)
{
	struct stacksnoop_bpf__rodata *rodata = run->rodata;

	return points_setup(run, rodata->with_regex) ?: stack_setup(run, &view, &rodata->stack_depth);
}

static const struct example examples[] = {
	{ "-T ext4_sync_fs", "each call of a kernel function, with the time and how it came to it" },
	{ "-o +tid,cpu t:sched:sched_process_exit", "where threads end" },
	{ "-p 1234 c:abort", "a function of a library, in one process" },
	{}
};

TOOL(stacksnoop,
	.summary  = "show the stack at each call of a function or tracepoint",
	.about    = "One row for each time that one of the places is come by. " POINTS_HELP,
	.cost     = "A probe at each place, with a record of each call; its stack goes to user space the first time only.",
	.caveats  = "Stacks of programs are followed by frame pointers: code built without them is missing, and a stack that "
		    "ends before the program's or thread's beginning ends with [ended early].",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = points_attach, .early = stack_early,
	.event    = stack_event, .end = stack_end, .keep_caps = SYMBOL_CAPS, .args = "FUNCTION...",
	.trial    = "t:sched:sched_process_exit");
