// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/irq_user.h"
#include "lib/points.h"
#include "gen/funccount.skel.h"

#define ROW struct funccount_row

ROW {
	__u32 place, pad;
	__u64 value;
};

static struct table counts;

static const struct opt opts[] = {
	OPT('E', "regexp", NULL, funccount, with_regex, "FUNCTIONs are regular expressions"),
	OPT_CPUS,
	{}
};

static const struct place *place_of(const void *row)
{
	return &points_places()->all[((const ROW *)row)->place];
}

static void show_function(struct out *out, const struct column *c, const void *row)
{
	out_bytes(out, place_of(row)->name, strlen(place_of(row)->name));
}

static void show_place(struct out *out, const struct column *c, const void *row)
{
	place_show(out, place_of(row));
}

static const struct column columns[] = {
	COL_OWN("function", show_function, -40, "function, tracepoint or marker"),
	COL("count", ROW, value, 12, "how often it was come by"),
	COL_OWN("place", show_place, -60, "the same, as one would ask for it, with module, category or file", HIDDEN),
	{}
};

static int setup(struct run *run)
{
	struct funccount_bpf__rodata *rodata = run->rodata;
	int ret = points_setup(run, rodata->with_regex);

	counts = run->tool->table;
	counts.per_cpu = rodata->places = points_places()->n;
	run->table = &counts;
	return ret;
}

static const struct example examples[] = {
	{ "-d 10 'vfs_*'", "which functions of the file system layer are called, during ten seconds" },
	{ "-p 181 -i 1 'c:str*'", "functions of libc that a process calls, second by second" },
	{ "-d 5 't:sched:*' 'sys:*'", "tracepoints of the scheduler, and system calls" },
	{ "'u:/usr/bin/python3:*' 'k:/^tcp_(send|recv)msg$/%return'", "markers (USDT) of a program, and two functions as they return" },
	{}
};

TOOL(funccount,
	.summary  = "count calls of functions, tracepoints and markers, by name",
	.about    = "A row for each place that was come by. " POINTS_HELP,
	.cost     = "A probe at each place, and an addition to a number of this CPU. Kernels from 5.18 on (6.6 for programs) attach to "
		    "any number of functions at once; before, each takes a probe of its own, 5000 at most, and detaching takes long.",
	.caveats  = "Calls of functions that the compiler has put into their caller are not seen. Of kernel functions that share "
		    "their name one is counted, which is said.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = points_attach,
	.caps = POINTS_CAPS, .args = "FUNCTION...", .trial = "t:sched:sched_switch",
	.table    = ROWS("counts", ROW, "count"));
