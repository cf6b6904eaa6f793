// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/lib.h"
#include "proc/pidpersec.h"
#include "proc/pidpersec.skel.h"

#define ROW struct pidpersec_row

static __u64 before;

static int setup(struct run *run)
{
	run->interval = run->interval ?: SEC_;
	before = look_now();
	return 0;
}

static bool row(struct run *run, void *row)
{
	__u64 now = look_now();

	((ROW *)row)->ns = now - before;
	before = now;
	return true;
}

static void show_rate(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	out_fixed(out, r->ns ? (double)(r->value.processes + r->value.threads) * 10 * SEC_ / r->ns : 0, 10, 1);
}

static const struct column columns[] = {
	COL("processes", ROW, value.processes, 10, "new processes"),
	COL("threads", ROW, value.threads, 10, "new threads of processes that were there"),
	COL("programs", ROW, value.programs, 10, "programs started"),
	COL_OWN("rate", show_rate, 10, "new processes and threads, in a second", .bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "", "new processes and threads, second by second" },
	{ "-T 5 12", "every five seconds for a minute, with the time" },
	{ "-u www-data", "those that a user's processes make" },
	{}
};

TOOL(pidpersec,
	.summary  = "count new processes, threads and programs, second by second",
	.about    = "One line for each second, or for each --interval: how many processes and threads were made (each "
		    "takes a process id), and how many programs were started.",
	.cost     = "A tracepoint at each fork and each exec, which adds to a counter of its CPU.",
	.caveats  = "The last line may be of a shorter time than the others; the rate takes that into account.",
	.examples = examples, .columns = columns, .setup = setup,
	.table    = ROWS("made", ROW, NULL, .per_cpu = 1, .idle = true, .row = row));
