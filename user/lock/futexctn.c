// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/stack_user.h"
#include "lock/futexctn.h"
#include "lock/futexctn.skel.h"

#define ROW struct futexctn_row

ROW {
	struct futexctn_key key;
	struct futexctn_value value;
};

static const struct opt opts[] = {
	OPT('l', "lock", "ADDRESS", futexctn, only_lock, "only the lock at this address: 0x…", .min = 1),
	OPT('s', "summary", NULL, futexctn, summary, "no stacks: a row for each lock of a process", .hides = "stack"),
	OPT('L', "tids", NULL, futexctn, by_thread, "for each thread apart", KEYED("tid")),
	OPT('D', "dist", NULL, futexctn, dist, "histograms of the waits for each lock", .keyed = true,
	    .hides = "total count avg max stack"),
	OPT_UNIT('m', "milliseconds", futexctn, unit, MSEC, "histograms in milliseconds; microseconds otherwise"),
	OPT_STACK_FORMAT(futexctn),
	{}
};

static const struct column columns[] = {
	COL_NSEC("total", "us", ROW, value.total, 12, "time that was waited for it"),
	COL("count", ROW, value.count, 8, "how often"),
	COL_AVERAGE(ROW, value.total, 10, "the average of a wait"),
	COL_NSEC("max", "us", ROW, value.max.most, 10, "the longest of them"),
	COL_AS(L_HEX, "lock", ROW, key.lock, 14, "the lock's address in the process"),
	COL("pid", ROW, key.pid, 7, "process id"),
	COL("tid", ROW, key.tid, 7, "thread id", HIDDEN),
	COL("comm", ROW, key.comm, -15, "command name"),
	COL_STACK,
	{}
};

static const struct stack_view view = {
	.parts = {
		{ PART_COMM, "comm", offsetof(ROW, key.comm) },
		{ PART_USER, "user", offsetof(ROW, key.user) },
	},
	.value = offsetof(ROW, value.total), .divide = USEC, .unit = "microseconds", .type = "futex",
};

static const struct table hists = HISTS("hists", struct futexctn_key, "usecs", DIVIDE(futexctn, unit), .keyed = true);

static int setup(struct run *run)
{
	struct futexctn_bpf__rodata *rodata = run->rodata;

	if (rodata->dist)
		run->table = &hists;
	return stack_setup(run, &view, &rodata->stack_depth);
}

static const struct example examples[] = {
	{ "-d 10", "which locks programs wait for, and where in their code, during ten seconds" },
	{ "-p 1234 -s 1 5", "the locks of one process, every second" },
	{ "-p 1234 -l 0x7f3a14001000 -D", "one lock's waits as a histogram" },
	{}
};

TOOL(futexctn,
	.summary  = "how long programs wait for their locks (futexes)",
	.about    = "Each futex(2) that waits, whatever its operation, futex_wait(2) and futex_waitv(2): mutexes, conditions and "
		    "semaphores of the C library, and what other languages build on it. Of several locks that are waited for at "
		    "once the first is shown.",
	.cost     = "A raw tracepoint as each system call begins and as it ends, which looks at its number; a stack for each wait.",
	.caveats  = "A lock that is free is taken without a system call, and not seen. Waits for a condition are no contention, "
		    "but look the same: the stack tells. A call that found the lock changed already and returned at once isn't counted.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .early = stack_early, .end = stack_end,
	.keep_caps = SYMBOL_CAPS, .hists = &hists,
	.table    = ROWS("locks", ROW, "total", STACK_TABLE, .adds = offsetof(struct futexctn_value, max),
			 .peak = offsetof(struct futexctn_value, max) + 1));
