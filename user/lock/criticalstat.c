// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/irq_user.h"
#include "lib/lib.h"
#include "lib/stack_user.h"
#include "lock/criticalstat.h"
#include "lock/criticalstat.skel.h"

#define EVENT struct criticalstat_event

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", criticalstat, min_ns, USEC, "what took at least this long; 100us unless told"),
	OPT(0, "irq", NULL, criticalstat, only_irq, "only with interrupts off"),
	OPT(0, "preempt", NULL, criticalstat, only_preempt, "only with preemption off"),
	OPT_CPUS,
	OPT_STACK_FORMAT(criticalstat),
	{}
};

static void show_section(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->section == CRITICAL_IRQ ? "irq" : "preempt");
}

static void show_from(struct out *out, const struct column *c, const void *row)
{
	stack_show_kernel(out, ((const EVENT *)row)->from);
}

static void show_to(struct out *out, const struct column *c, const void *row)
{
	stack_show_kernel(out, ((const EVENT *)row)->to);
}

static const struct column columns[] = {
	COL_AS(L_TIME, "time", EVENT, origin.time, -12, "when it ended", HIDDEN),
	COL_OWN("section", show_section, -7, "irq: interrupts were off; preempt: the task could not be preempted"),
	COL_NSEC("latency", "us", EVENT, latency, 10, "how long"),
	COL("cpu", EVENT, origin.cpu, 3, "CPU that it was on"),
	COL("tid", EVENT, origin.tid, 7, "thread id", HIDDEN),
	COL("pid", EVENT, origin.pid, 7, "process id"),
	COL("comm", EVENT, origin.comm, -16, "command name", .needs = offsetof(struct common, want_comm)),
	COL_OWN("from", show_from, -32, "where they were turned off"),
	COL_OWN("to", show_to, -32, "where they were turned on again"),
	COL_OWN("stack", stack_show, 0, "the kernel's stack at the end, innermost first", .bare_json = true),
	{}
};

static const struct stack_view view = {
	.parts = { { PART_COMM, "comm", offsetof(EVENT, origin.comm) }, { PART_KERNEL, "kernel", offsetof(EVENT, kernel) } },
	.value = offsetof(EVENT, latency), .divide = USEC, .unit = "microseconds", .type = "critical",
};

static int check(const char *tracepoint, const char *option)
{
	char section[32], why[160] = "";

	snprintf(section, sizeof(section), "tp_btf/%s", tracepoint);	/* asked of the kernel's types */
	if (kernel_has_program(section, why, sizeof(why)))
		return 0;
	err("can't run here: tracepoint preemptirq:%s: %s: it needs CONFIG_PREEMPTIRQ_TRACEPOINTS%s", tracepoint, why, option);
	return -EOPNOTSUPP;
}

/* A kernel may have the one kind and not the other: CONFIG_TRACE_IRQFLAGS, CONFIG_TRACE_PREEMPT_TOGGLE. */
static int setup(struct run *run)
{
	struct criticalstat_bpf__rodata *rodata = run->rodata;
	int ret = 0;

	if (rodata->only_irq && rodata->only_preempt) {
		err("--irq, --preempt: without either, both are shown");
		return -EINVAL;
	}
	if (!rodata->only_preempt)
		ret = check("irq_disable", " (and CONFIG_TRACE_IRQFLAGS)");
	if (!ret && !rodata->only_irq)
		ret = check("preempt_disable", rodata->only_preempt ? " (and CONFIG_TRACE_PREEMPT_TOGGLE)" : ": try --irq");
	if (ret)
		return ret;
	attach_skip(rodata->only_irq ? "preempt_disable preempt_enable" : rodata->only_preempt ? "irq_disable irq_enable" : "");
	return stack_setup(run, &view, &rodata->stack_depth);
}

static const struct example examples[] = {
	{ "", "sections of 100 us and more" },
	{ "-T --irq -m 1ms", "with interrupts off for a millisecond and more, with the time" },
	{ "--preempt --cpu 3 --flamegraph p.svg -d 60", "preemption on CPU 3, as a flame graph of time" },
	{}
};

TOOL(criticalstat,
	.summary  = "trace long sections with interrupts or preemption off",
	.about    = "A row for each that took --min or more, at its end: from where to where, and the stack. While a CPU idles none "
		    "is counted. Filters look at the task that the section was in.",
	.cost     = "Four tracepoints that are met up to millions of times a second: the kernel is slower while it runs.",
	.caveats  = "Needs a kernel with CONFIG_PREEMPTIRQ_TRACEPOINTS, which distributions mostly leave out.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .early = stack_early, .event = stack_event,
	.end      = stack_end, .keep_caps = SYMBOL_CAPS, .optional = "cpu_idle",
	.twice    = "irq_disable irq_enable preempt_disable preempt_enable cpu_idle");
