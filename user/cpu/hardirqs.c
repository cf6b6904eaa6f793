// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/irq_user.h"
#include "lib/tool.h"
#include "cpu/hardirqs.h"
#include "cpu/hardirqs.skel.h"

#define ROW struct hardirqs_row

ROW {
	struct hardirqs_key key;
	struct hardirqs_value value;
};

static const struct opt opts[] = {
	OPT('C', "per-cpu", NULL, hardirqs, by_cpu, "for each CPU apart", .shows = "cpu"),
	OPT('D', "dist", NULL, hardirqs, dist, "histograms of the times", KEYED(""), .hides = "count total max"),
	OPT_UNIT(0, "nanoseconds", hardirqs, unit, NSEC, "histograms in nanoseconds; microseconds otherwise"),
	OPT(0, "count-only", NULL, hardirqs, count_only, "only count, which is cheaper", .hides = "total max"),
	OPT_CPUS,
	{}
};

static const struct column columns[] = {
	COL("cpu", ROW, key.cpu, 4, "CPU that it ran on", HIDDEN),
	COL("irq", ROW, key.irq, 4, "number of the interrupt"),
	COL("name", ROW, key.name, -31, "what the driver calls it"),
	COL("count", ROW, value.count, 10, "how often its handler ran"),
	COL_NSEC("total", "us", ROW, value.total, 12, "time in the handler, added up"),
	COL_NSEC("max", "us", ROW, value.max.most, 9, "the longest of them"),
	{}
};

static const struct table hists = HISTS("hists", struct hardirqs_key, "usecs", DIVIDE(hardirqs, unit), .keyed = true);

static int setup(struct run *run)
{
	const struct hardirqs_bpf__rodata *rodata = run->rodata;
	struct hardirqs_bpf *skel = (struct hardirqs_bpf *)run->skel;
	int ret = 0;

	if (rodata->dist && rodata->count_only) {
		err("--dist: it needs the times that --count-only does without");
		return -EINVAL;
	}
	if (rodata->dist)
		run->table = &hists;
	if (rodata->count_only)
		attach_skip("irq_handler_exit");
	if (rodata->by_cpu && !rodata->dist)
		ret = table_by_cpu(skel->maps.irqs);
	return ret;
}

static const struct example examples[] = {
	{ "1", "which interrupts take the time, every second" },
	{ "-C -d 10", "for each CPU apart, during ten seconds" },
	{ "-D --cpu 0", "how long the handlers take on CPU 0" },
	{ "--count-only -d 10", "only count" },
	{}
};

TOOL(hardirqs,
	.summary  = "count hardware interrupts and the time that their handlers take",
	.about    = "From entry into a driver's handler to its return. A number that several drivers share has a row "
		    "for each of them. Filters by process look at the task that was interrupted.",
	.cost     = "Two tracepoints for each interrupt; one with --count-only.",
	.caveats  = "Interrupts that the architecture handles itself (timer, rescheduling, function calls: those "
		    "with letters in /proc/interrupts) have no handler of a driver and are not seen. Of a threaded "
		    "handler only its first part is.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .hists = &hists,
	.table    = ROWS("irqs", ROW, "total", .adds = offsetof(struct hardirqs_value, max),
			 .peak = offsetof(struct hardirqs_value, max) + 1));
