// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>
#include "lib/irq_user.h"
#include "lib/tool.h"
#include "cpu/irqtop.h"
#include "cpu/irqtop.skel.h"

#define ROW struct irqtop_row

ROW {
	struct irqtop_key key;
	struct irqtop_value value;
	__u64 rate, wall;
};

static const struct opt opts[] = {
	OPT('C', "per-cpu", NULL, irqtop, by_cpu, "for each CPU apart", .shows = "cpu"),
	OPT(0, "cpus-only", NULL, irqtop, only_cpus, "one row for all hard and one for all soft interrupts of a CPU",
	    .shows = "cpu", .hides = "nr name"),
	OPT_CPUS,
	{}
};

static void show_kind(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const ROW *)row)->key.kind == IRQ_HARD ? "hard" : "soft");
}

static void show_name(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->key.kind == IRQ_SOFT)
		irq_show_softirq(out, r->key.nr);
	else
		out_bytes(out, r->key.name, strnlen(r->key.name, sizeof(r->key.name)));
}

static void show_share(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	out_fixed(out, r->wall ? r->value.total * 10000 / r->wall : 0, 100, 2);
}

static const struct column columns[] = {
	COL("cpu", ROW, key.cpu, 4, "CPU that it ran on", HIDDEN),
	COL_OWN("kind", show_kind, -4, "hard or soft"),
	COL("nr", ROW, key.nr, 4, "number of the interrupt, or of the vector"),
	COL_OWN("name", show_name, -24, "what the driver, or the kernel, calls it"),
	COL("count", ROW, value.count, 9, "how often it ran"),
	COL("rate", ROW, rate, 8, "the same, a second"),
	COL_NSEC("total", "us", ROW, value.total, 10, "its time, added up"),
	COL_OWN("percent", show_share, 7, "the same, in percent of one CPU", .bare_json = true),
	COL_NSEC("max", "us", ROW, value.max.most, 7, "the longest of them"),
	{}
};

static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->wall = table_interval();
	r->rate = r->wall ? (r->value.count * SEC_ + r->wall / 2) / r->wall : 0;
	return true;
}

static int setup(struct run *run)
{
	const struct irqtop_bpf__rodata *rodata = run->rodata;
	struct irqtop_bpf *skel = (struct irqtop_bpf *)run->skel;

	if (!rodata->by_cpu && !rodata->only_cpus)
		return 0;
	return table_by_cpu(skel->maps.irqs);
}

static const struct example examples[] = {
	{ "", "what interrupts cost, on the screen, every second" },
	{ "-C -r 10 5", "the ten that cost most, for each CPU apart, every five seconds" },
	{ "--cpus-only -j", "how much each CPU has to do for them, as JSON" },
	{}
};

TOOL(irqtop,
	.summary  = "hard and soft interrupts, their rate and the time that they take",
	.about    = "What hardirqs and softirqs tell, together and every second. On a terminal it works as top does: "
		    "q quits, p pauses, s sorts by the next column, r turns the order, the space bar shows the next "
		    "interval at once.",
	.cost     = "Four tracepoints, two for each interrupt; a look-up at the end of each.",
	.caveats  = "The time of a soft interrupt has that of the hard ones in it that came in between. Interrupts "
		    "that the architecture handles itself (timer, rescheduling, function calls) are not seen.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup,
	.table    = ROWS("irqs", ROW, "total", .screen = true, .adds = offsetof(struct irqtop_value, max), .row = row,
			 .peak = offsetof(struct irqtop_value, max) + 1));
