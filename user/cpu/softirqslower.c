// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/irq_user.h"
#include "lib/tool.h"
#include "cpu/softirqslower.h"
#include "cpu/softirqslower.skel.h"

#define EVENT struct softirqslower_event

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", softirqslower, min_ns, USEC, "what took at least this long; 10ms unless told"),
	OPT_CPUS,
	{}
};

static void show_vector(struct out *out, const struct column *c, const void *row)
{
	irq_show_softirq(out, ((const EVENT *)row)->vector);
}

static void show_stage(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->stage == SOFTIRQ_RAISED ? "wait" : "run");
}

static const struct column columns[] = {
	COL_AS(L_TIME, "time", EVENT, origin.time, -12, "when it happened: at the end of the stage", HIDDEN),
	COL_OWN("stage", show_stage, -5, "wait: from being raised to running; run: from there to its end"),
	COL_OWN("softirq", show_vector, -8, "soft interrupt, by the kernel's name"),
	COL_NSEC("latency", "us", EVENT, latency, 11, "how long that took"),
	COL("cpu", EVENT, origin.cpu, 4, "CPU that it happened on"),
	COL("tid", EVENT, origin.tid, 7, "thread that was interrupted, or ksoftirqd", HIDDEN),
	COL("pid", EVENT, origin.pid, 7, "its process"),
	COL("comm", EVENT, origin.comm, -16, "its name", WANTS(want_comm)),
	{}
};

static const struct example examples[] = {
	{ "", "soft interrupts that waited or ran for 10 ms and more" },
	{ "-T -m 500us --cpu 0", "for half a millisecond and more, on CPU 0, with the time" },
	{}
};

TOOL(softirqslower,
	.summary  = "trace soft interrupts that wait or run for long",
	.about    = "Two stages: from the moment a soft interrupt is raised on a CPU to the start of its work, and "
		    "from there to its end. What takes less than --min isn't shown. Filters by process look at the "
		    "task that was interrupted, or at ksoftirqd.",
	.cost     = "Three tracepoints for each soft interrupt, on counters of its CPU; a record for those that are "
		    "shown.",
	.caveats  = "Hardware interrupts that come in between count as its time. One that is raised again in the "
		    "moment between the kernel's look at what is raised and its start has its next wait not shown.",
	.examples = examples, .opts = opts, .columns = columns);
