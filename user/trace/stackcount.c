// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/irq_user.h"
#include "lib/points.h"
#include "lib/stack_user.h"
#include "trace/stackcount.h"
#include "trace/stackcount.skel.h"

#define ROW struct stackcount_row

ROW {
	struct stackcount_key key;
	__u64 value;
};

static const struct opt opts[] = {
	OPT('P', "pids", NULL, stackcount, by_process, "for each process apart", .shows = "pid comm"),
	OPT('E', "regexp", NULL, stackcount, with_regex, "FUNCTIONs are regular expressions"),
	OPT_CPUS,
	OPT_STACKS(stackcount),
	{}
};

static const struct column columns[] = {
	COL("count", ROW, value, 10, "how often it was come by with this stack"),
	COL("pid", ROW, key.pid, 7, "process id", HIDDEN),
	COL("comm", ROW, key.comm, -16, "command name", HIDDEN),
	COL_STACK,
	{}
};

static const struct stack_view view = {
	.parts = {
		{ PART_COMM, "comm", offsetof(ROW, key.comm) },
		{ PART_USER, "user", offsetof(ROW, key.user) },
		{ PART_KERNEL, "kernel", offsetof(ROW, key.kernel) },
	},
	.value = offsetof(ROW, value), .unit = "calls", .type = "calls",
};

static int setup(struct run *run)
{
	struct stackcount_bpf__rodata *rodata = run->rodata;

	return points_setup(run, rodata->with_regex) ?: stack_setup(run, &view, &rodata->stack_depth);
}

static const struct example examples[] = {
	{ "-d 10 submit_bio", "who starts disk I/O, by the ways through the kernel" },
	{ "-P t:sched:sched_process_fork", "which processes make others, and where in their code" },
	{ "-p 1234 --flamegraph m.svg c:malloc", "where a program asks for memory, as a flame graph" },
	{ "-d 5 -U u:/usr/bin/python3:gc__start", "a marker (USDT) that a program was built with, by how it was come to" },
	{ "-E '^tcp_send.*'", "several functions, by a regular expression" },
	{}
};

TOOL(stackcount,
	.summary  = "count the ways by which functions and tracepoints are come by",
	.about    = "A row for each different stack that led to one of the places. " POINTS_HELP,
	.cost     = "A probe at each place; its stack is taken and looked up in a map.",
	.caveats  = "Stacks of programs are followed by frame pointers: code built without them is missing, and a stack that "
		    "ends before the program's or thread's beginning ends with [ended early].",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = points_attach, .early = stack_early,
	.end      = stack_end, .keep_caps = SYMBOL_CAPS, .args = "FUNCTION...", .trial = "t:sched:sched_switch",
	.table    = ROWS("counts", ROW, "count", STACK_TABLE));
