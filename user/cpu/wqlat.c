// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "cpu/wqlat.h"
#include "cpu/wqlat.skel.h"

static const struct opt opts[] = {
	OPT_UNIT(0, "nanoseconds", wqlat, unit, NSEC, "in nanoseconds; microseconds otherwise"),
	OPT_UNIT('m', "milliseconds", wqlat, unit, MSEC, "in milliseconds"),
	OPT('W', "workqueues", NULL, wqlat, by_workqueue, "a histogram for each workqueue", KEYED("workqueue")),
	OPT('w', "workqueue", "NAME", wqlat, only, "only this workqueue: events, mm_percpu_wq"),
	{}
};

static const struct column columns[] = {
	COL("workqueue", struct wqlat_key, workqueue, -32, "name of the workqueue", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "-d 10", "how long work waited until a kernel thread took it up, in ten seconds" },
	{ "-W 1 5", "for each workqueue, every second, five times" },
	{ "-w events --percentiles -d 30", "percentiles of the one that most use" },
	{ "-W -p 1234", "only work that a process gives to the kernel" },
	{}
};

TOOL(wqlat,
	.summary  = "how long work in the kernel's workqueues waits, as a histogram",
	.about    = "From the moment that an item is queued to the moment that a worker begins with it. Filters are on who "
		    "queues it.",
	.cost     = "A tracepoint as an item is queued and one as it is begun, with an entry in a hash between them.",
	.caveats  = "Items that were queued before the tool started are not counted. What is queued with a delay is counted "
		    "from when its timer has run out; one that is cancelled while it waits leaves an entry behind until it "
		    "is queued again, and many of them can fill the map, which is told (--max-entries).",
	.state    = "queued",
	.examples = examples, .opts = opts, .columns = columns,
	.table    = HISTS("hists", struct wqlat_key, "usecs", DIVIDE(wqlat, unit)));
