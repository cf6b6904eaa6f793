// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/irq_user.h"
#include "lib/points.h"
#include "gen/funcinterval.h"
#include "gen/funcinterval.skel.h"

#define KEY struct funcinterval_key

static const struct opt opts[] = {
	OPT_UNIT(0, "microseconds", funcinterval, unit, USEC, "in microseconds; nanoseconds otherwise"),
	OPT_UNIT('m', "milliseconds", funcinterval, unit, MSEC, "in milliseconds"),
	OPT('F', "functions", NULL, funcinterval, by_function, "a histogram for each function", KEYED("function")),
	OPT('E', "regexp", NULL, funcinterval, with_regex, "FUNCTIONs are regular expressions"),
	OPT_CPUS,
	{}
};

static void show_function(struct out *out, const struct column *c, const void *row)
{
	const char *name = points_places()->all[((const KEY *)row)->place].name;

	out_bytes(out, name, strlen(name));
}

static const struct column columns[] = {
	COL_OWN("function", show_function, -32, "function, tracepoint or marker", HIDDEN),
	{}
};

static int setup(struct run *run)
{
	struct funcinterval_bpf__rodata *rodata = run->rodata;
	int ret = points_setup(run, rodata->with_regex);

	return ret ?: bpf_map__set_max_entries(bpf_object__find_map_by_name(run->skel->obj, "last"), points_places()->n);
}

static const struct example examples[] = {
	{ "-m -d 10 t:block:block_rq_issue", "how long between requests to disks, during ten seconds" },
	{ "-F --microseconds -i 1 'vfs_*'", "between calls of each function, second by second" },
	{ "-p 181 c:malloc", "between calls of one process" },
	{ "--percentiles 'u:/usr/bin/python3:gc__start'", "percentiles of the time between two collections" },
	{}
};

TOOL(funcinterval,
	.summary  = "how long between calls of a function, as a histogram",
	.about    = "From one time that a place is come by to the next, whoever comes by it; each place for itself. " POINTS_HELP,
	.cost     = "A probe at each place, and the time.",
	.caveats  = "Calls on two CPUs at the same moment may be taken in either order. Calls of functions that the compiler has put "
		    "into their caller are not seen.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = points_attach,
	.caps     = POINTS_CAPS, .args = "FUNCTION...", .trial = "t:sched:sched_switch",
	.table    = HISTS("hists", KEY, "nsecs", DIVIDE(funcinterval, unit), .average = true));
