// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/irq_user.h"
#include "lib/tool.h"
#include "cpu/softirqs.h"
#include "cpu/softirqs.skel.h"

#define ROW struct softirqs_row

static const struct opt opts[] = {
	OPT('C', "per-cpu", NULL, softirqs, by_cpu, "for each CPU apart", .shows = "cpu"),
	OPT('D', "dist", NULL, softirqs, dist, "histograms of the times", KEYED(""), .hides = "count total max"),
	OPT_UNIT(0, "nanoseconds", softirqs, unit, NSEC, "histograms in nanoseconds; microseconds otherwise"),
	OPT(0, "count-only", NULL, softirqs, count_only, "only count, which is cheaper", .hides = "total max"),
	OPT_CPUS,
	{}
};

static void show_vector(struct out *out, const struct column *c, const void *row)
{
	irq_show_softirq(out, ((const ROW *)row)->key.vector);
}

static const struct column columns[] = {
	COL("cpu", ROW, key.cpu, 4, "CPU that it ran on", HIDDEN),
	COL_OWN("softirq", show_vector, -10, "soft interrupt, by the kernel's name"),
	COL("count", ROW, value.count, 12, "how often it ran"),
	COL_NSEC("total", "us", ROW, value.total, 14, "its time, added up"),
	COL_NSEC("max", "us", ROW, value.max.most, 10, "the longest of them"),
	{}
};

/* From a place in the counters to the vector and, where they are apart, the CPU. */
static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->key.cpu = r->key.vector / SOFTIRQS_SLOTS;
	r->key.vector %= SOFTIRQS_SLOTS;
	return true;
}

#define COUNTED(...)								\
	ROWS("vectors", ROW, "total", .per_cpu = SOFTIRQS_SLOTS, .row = row, .adds = offsetof(struct softirqs_value, max), \
	     .peak = offsetof(struct softirqs_value, max) + 1, ##__VA_ARGS__)

static const struct table apart = COUNTED(.apart = true);
static const struct table hists = HISTS("hists", struct softirqs_key, "usecs", DIVIDE(softirqs, unit), .keyed = true);

static int setup(struct run *run)
{
	const struct softirqs_bpf__rodata *rodata = run->rodata;

	if (rodata->dist && rodata->count_only) {
		err("--dist: it needs the times that --count-only does without");
		return -EINVAL;
	}
	if (rodata->dist)
		run->table = &hists;
	else if (rodata->by_cpu)
		run->table = &apart;
	if (rodata->count_only)
		attach_skip("softirq_exit");
	return 0;
}

static const struct example examples[] = {
	{ "1", "what soft interrupts take, every second" },
	{ "-C -d 10", "for each CPU apart, during ten seconds" },
	{ "-D --cpu 0", "how long they take on CPU 0" },
	{ "--count-only -d 10", "only count" },
	{}
};

TOOL(softirqs,
	.summary  = "count soft interrupts and the time that they take",
	.about    = "From the start of a vector's work on a CPU to its end. Filters by process look at the task that "
		    "was interrupted, or at ksoftirqd.",
	.cost     = "Two tracepoints for each soft interrupt, which add to a counter of its CPU; one with "
		    "--count-only.",
	.caveats  = "Hardware interrupts that come in between count as its time.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .hists = &hists,
	.table    = COUNTED());
