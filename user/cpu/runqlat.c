// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "cpu/runqlat.h"
#include "cpu/runqlat.skel.h"

static const struct opt opts[] = {
	OPT_UNIT('m', "milliseconds", runqlat, unit, MSEC, "in milliseconds; microseconds otherwise"),
	OPT('P', "pids", NULL, runqlat, by_process, "a histogram for each process", KEYED("pid comm")),
	OPT('L', "tids", NULL, runqlat, by_thread, "a histogram for each thread", KEYED("tid comm")),
	OPT(0, "pidnss", NULL, runqlat, by_pidns, "a histogram for each pid namespace", KEYED("pidns")),
	{}
};

static const struct column columns[] = {
	COL("pid", struct runqlat_key, id, 7, "process id", HIDDEN),
	COL("tid", struct runqlat_key, id, 7, "thread id", HIDDEN),
	COL("pidns", struct runqlat_key, id, 10, "pid namespace", HIDDEN),
	COL("comm", struct runqlat_key, comm, -16, "command name", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "-d 10", "how long tasks waited for a CPU, during ten seconds" },
	{ "-P -n 'nginx*' 1 5", "for each nginx process, every second, five times" },
	{ "--percentiles -d 30", "percentiles of half a minute" },
	{}
};

TOOL(runqlat,
	.summary  = "how long tasks wait for a CPU, as a histogram",
	.about    = "From the moment a task can run (it was woken, or lost its CPU while it had work) to the moment it "
		    "runs.",
	.cost     = "Two scheduler tracepoints at each wake-up and switch. See docs/performance.md for figures.",
	.caveats  = "Tasks that waited already when the tool started are counted from their next wait on.",
	.examples = examples, .opts = opts, .columns = columns,
	.table    = HISTS("hists", struct runqlat_key, "usecs", DIVIDE(runqlat, unit)));
