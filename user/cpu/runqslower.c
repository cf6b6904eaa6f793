// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "cpu/runqslower.h"
#include "cpu/runqslower.skel.h"

#define EVENT struct runqslower_event

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", runqslower, min, USEC, "only waits of at least this long: 5ms, 200 (us); 10ms otherwise"),
	OPT_SHOW('P', "previous", "prev_comm prev_tid", "show who had the CPU until then"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_NSEC("wait", "ms", EVENT, wait, 12, "how long it could run and had no CPU"),
	COL("prev_pid", EVENT, prev_pid, 8, "process that had the CPU until then", HIDDEN),
	COL("prev_tid", EVENT, prev_tid, 8, "thread that had the CPU until then", HIDDEN),
	COL("prev_comm", EVENT, prev_comm, -16, "its name", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "waits for a CPU of ten milliseconds and more" },
	{ "-m 1ms -P -n 'nginx*'", "what makes nginx wait for more than one" },
	{ "-m 50ms -T -o +cpu", "long ones, when and where" },
	{}
};

TOOL(runqslower,
	.summary  = "trace long waits for a CPU, one by one",
	.about    = "One line for each task that could run (it was woken, or lost its CPU while it had work) and waited for "
		    "longer than --min, as it gets a CPU. Filters are on the task that waits.",
	.cost     = "Two scheduler tracepoints at each wake-up and switch; a record only for waits that are shown.",
	.caveats  = "A wait is told when it is over: a task that never gets a CPU is not shown. The one that had the CPU "
		    "last need not be the one that had it for most of the wait.",
	.examples = examples, .opts = opts, .columns = columns);
