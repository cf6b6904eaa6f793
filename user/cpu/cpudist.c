// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "cpu/cpudist.h"
#include "cpu/cpudist.skel.h"

static const struct opt opts[] = {
	OPT('O', "off-cpu", NULL, cpudist, off_cpu, "the time off the CPU instead of on it"),
	OPT_UNIT('m', "milliseconds", cpudist, unit, MSEC, "in milliseconds; microseconds otherwise"),
	OPT('P', "pids", NULL, cpudist, by_process, "a histogram for each process", KEYED("pid comm")),
	OPT('L', "tids", NULL, cpudist, by_thread, "a histogram for each thread", KEYED("tid comm")),
	OPT('I', "include-idle", NULL, cpudist, with_idle, "the CPUs' idle tasks as well"),
	{}
};

static const struct column columns[] = {
	COL("pid", struct cpudist_key, id, 7, "process id", HIDDEN),
	COL("tid", struct cpudist_key, id, 7, "thread id", HIDDEN),
	COL("comm", struct cpudist_key, comm, -16, "command name", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "-d 10", "how long tasks stayed on a CPU at a time, during ten seconds" },
	{ "-O -p 1234 1 5", "how long the threads of a process stayed off it, every second" },
	{ "-P --percentiles -d 30", "counts, averages and percentiles for each process" },
	{}
};

TOOL(cpudist,
	.summary  = "how long tasks stay on a CPU at a time, or off it, as a histogram",
	.about    = "On: from the switch to a task to the switch from it. Off: from there to the next switch to it, "
		    "asleep or waiting. Filters look at the task whose time it is.",
	.cost     = "One scheduler tracepoint at each switch; without -O no look-up by task.",
	.caveats  = "What began before the tool did isn't counted.",
	.examples = examples, .opts = opts, .columns = columns,
	.table    = HISTS("hists", struct cpudist_key, "usecs", DIVIDE(cpudist, unit)));
