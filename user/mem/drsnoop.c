// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "mem/drsnoop.h"
#include "mem/drsnoop.skel.h"

#define EVENT struct drsnoop_event

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", drsnoop, min, MSEC, "only stalls that took so long (1: a millisecond)"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_NSEC("latency", "ms", EVENT, duration, 12, "how long it had to reclaim memory before it got some"),
	COL("pages", EVENT, pages, 8, "pages that it reclaimed"),
	COL("order", EVENT, order, 5, "it wanted 2 to the power of this pages at a time"),
	{}
};

static const struct example examples[] = {
	{ "", "who has to reclaim memory before getting any, and for how long" },
	{ "-T -m 10", "stalls of 10 ms and more, with the time" },
	{ "-n 'java*' -d 60 -j", "a minute of Java as JSON" },
	{}
};

TOOL(drsnoop,
	.summary  = "trace direct reclaim: who has to free memory to get some",
	.about    = "One line for each time that an allocation found too little free memory and had to reclaim pages itself, "
		    "as it ends.",
	.cost     = "Two tracepoints for each stall, nothing else.",
	.caveats  = "Reclaim for the limit of a memory cgroup is not direct reclaim in this sense and not shown: see "
		    "memory.pressure of the cgroup, or psi.",
	.examples = examples, .opts = opts, .columns = columns);
