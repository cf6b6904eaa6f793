// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/cpu.h"
#include "lib/perf.h"
#include "cpu/cpuunclaimed.h"
#include "cpu/cpuunclaimed.skel.h"

#define ROW struct cpuunclaimed_row

ROW {
	__u32 zero, pad;
	struct cpuunclaimed_value value;
};

static const struct opt opts[] = {
	OPT_FREQUENCY(cpuunclaimed, frequency),
	{}
};

static void percent(struct out *out, __u64 part, const ROW *row)
{
	out_fixed(out, row->value.cpus ? part * 10000 / row->value.cpus : 0, 100, 2);
}

static void show_busy(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	percent(out, r->value.cpus - r->value.idle, r);
}

static void show_idle(struct out *out, const struct column *c, const void *row)
{
	percent(out, ((const ROW *)row)->value.idle, row);
}

static void show_unclaimed(struct out *out, const struct column *c, const void *row)
{
	percent(out, ((const ROW *)row)->value.unclaimed, row);
}

static void show_waiting(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	out_fixed(out, r->value.samples ? r->value.waiting * 100 / r->value.samples : 0, 100, 2);
}

static void show_cpus(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	out_fixed(out, r->value.samples ? r->value.cpus * 100 / r->value.samples : 0, 100, 2);
}

static const struct column columns[] = {
	COL("samples", ROW, value.samples, 8, "samples"),
	COL_OWN("cpus", show_cpus, 8, "CPUs that were online, on average", .bare_json = true),
	COL_OWN("busy", show_busy, 7, "CPUs with something to run, in percent", .bare_json = true),
	COL_OWN("idle", show_idle, 7, "CPUs without, in percent", .bare_json = true),
	COL_OWN("unclaimed", show_unclaimed, 9, "idle ones for which a task waited elsewhere, in percent of all CPUs",
		.bare_json = true),
	COL_OWN("waiting", show_waiting, 8, "tasks that waited for a CPU, on average", .bare_json = true),
	{}
};

static int setup(struct run *run)
{
	struct cpuunclaimed_bpf__rodata *rodata = run->rodata;

	if (run->common->cgroups || run->common->filters & ~ONLY_FOLLOW) {
		err("filters by process mean nothing here: it is about CPUs");
		return -EINVAL;
	}
	rodata->ids = cpu_ids();
	/* CPUs are not sampled at the same time, and all together once in a period */
	rodata->period = SEC_ / rodata->frequency * 3 / 4;
	return bpf_map__set_max_entries(((struct cpuunclaimed_bpf *)run->skel)->maps.queues, rodata->ids);
}

static int attach(struct run *run)
{
	struct cpuunclaimed_bpf *skel = (struct cpuunclaimed_bpf *)run->skel;

	return perf_sample(skel->progs.sample, skel->rodata->frequency);
}

static const struct example examples[] = {
	{ "1", "how much of the CPUs' time nobody claims, every second" },
	{ "-d 60 -f csv", "over a minute, as CSV" },
	{}
};

TOOL(cpuunclaimed,
	.summary  = "idle CPUs while tasks wait for others, by samples",
	.about    = "At each sample the run queues of all CPUs are looked at in one moment: how many CPUs are idle, "
		    "and how many tasks wait on others. An idle CPU for which there is such a task is unclaimed. "
		    "Filters by process are refused.",
	.cost     = "A timer interrupt for each sample on each CPU, also on those that are idle; in one of them a "
		    "look at all run queues.",
	.caveats  = "That a task may be bound to the CPU that it waits for isn't known. CPUs that come online later "
		    "are not seen.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach,
	.table    = ROWS("sums", ROW, "samples", .per_cpu = 1));
