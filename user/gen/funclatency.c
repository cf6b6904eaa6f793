// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/points.h"
#include "gen/funclatency.h"
#include "gen/funclatency.skel.h"

#define KEY struct funclatency_key

static const struct opt opts[] = {
	OPT_UNIT(0, "microseconds", funclatency, unit, USEC, "in microseconds; nanoseconds otherwise"),
	OPT_UNIT('m', "milliseconds", funclatency, unit, MSEC, "in milliseconds"),
	OPT('F', "functions", NULL, funclatency, by_function, "a histogram for each function", KEYED("function")),
	OPT('P', "pids", NULL, funclatency, by_process, "a histogram for each process", KEYED("pid")),
	OPT('E', "regexp", NULL, funclatency, with_regex, "FUNCTIONs are regular expressions"),
	OPT_TIME(0, "min", "TIME", funclatency, shortest, MSEC, "only calls that took at least that long; a bare number is milliseconds"),
	{}
};

static void show_function(struct out *out, const struct column *c, const void *row)
{
	const char *name = points_places()->all[((const KEY *)row)->place].name;

	out_bytes(out, name, strlen(name));
}

static const struct column columns[] = {
	COL_OWN("function", show_function, -32, "function", HIDDEN),
	COL("pid", KEY, pid, 7, "process id", HIDDEN),
	{}
};

static int setup(struct run *run)
{
	struct funclatency_bpf__rodata *rodata = run->rodata;

	return points_setup_calls(run, rodata->with_regex);
}

static const struct example examples[] = {
	{ "--microseconds -d 10 vfs_read", "how long the kernel's vfs_read takes, during ten seconds" },
	{ "-F -d 5 'vfs_*'", "the same of several functions, each with a histogram" },
	{ "-p 181 -i 1 c:malloc", "how long a process waits for memory, second by second" },
	{ "--percentiles -F '/usr/sbin/nginx:/^ngx_http_(read|send)/'", "percentiles for functions of a program" },
	{}
};

TOOL(funclatency,
	.summary  = "how long functions take, as a histogram",
	.about    = "From a function's beginning to its return, what it calls and waits for included; a function that calls itself "
		    "counts once for each call. " POINTS_HELP,
	.cost     = "Two probes for each call, and a look-up in a map by thread at each.",
	.caveats  = "Calls of functions that the compiler has put into their caller are not seen. Of calls in one another 32 are "
		    "remembered; deeper ones are counted as lost. A probe at a return puts its own address on the stack of a "
		    "program: one that looks at its own stack (as Go does) may end by it.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = points_attach, .state = "threads",
	.caps     = POINTS_CAPS, .args = "FUNCTION...", .trial = "c:usleep",
	.table    = HISTS("hists", KEY, "nsecs", DIVIDE(funclatency, unit), .average = true));
