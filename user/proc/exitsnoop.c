// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/exit_user.h"
#include "lib/tool.h"
#include "proc/exitsnoop.h"
#include "proc/exitsnoop.skel.h"

#define EVENT struct exitsnoop_event

/* Who asks for threads by their id wants to see threads. */
static int setup(struct run *run)
{
	struct exitsnoop_bpf__rodata *rodata = run->rodata;

	rodata->threads |= !!(run->common->filters & ONLY_TIDS);
	return 0;
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, exitsnoop, failed_only, "only those that ended with a signal, or a code that is not 0"),
	OPT('L', "threads", NULL, exitsnoop, threads, "each thread that ends, not each process", .shows = "tid last"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("ppid", EVENT, ppid, 7, "the parent's process id"),
	COL_NSEC("age", "s", EVENT, age, 12, "how long it lived"),
	COL_EXIT(EVENT, status),
	COL_AS(L_BOOL, "last", EVENT, last, -4, "it was the last thread: with it the process ended", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "each process that ends: how old it became, and why it ended" },
	{ "-x -T", "only those that failed, with the time" },
	{ "-L -p 1234", "the threads of a process" },
	{ "-j -- make", "how all that make starts ends, as JSON" },
	{}
};

TOOL(exitsnoop,
	.summary  = "trace processes as they end: age, exit code or signal",
	.about    = "One line for each process whose last thread has ended, with the status that its parent gets from "
		    "wait(2): an exit code, or the signal that ended it and whether its core was dumped. With "
		    "--threads, or where threads are chosen with --tid, one for each thread, with the thread's own "
		    "age and status.",
	.cost     = "One tracepoint and a record of 88 bytes at the end of each thread; nothing while they run.",
	.caveats  = "A process is known by the name of its first thread, and its age counts from the fork, not from "
		    "the last exec. Which thread is the last is what the kernel says since 6.16; before, where two end at "
		    "the same moment, it is the first of them to be seen.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
