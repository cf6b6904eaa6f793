// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/perf.h"
#include "cpu/llcstat.h"
#include "cpu/llcstat.skel.h"

#define ROW struct llcstat_row

ROW {
	struct llcstat_key key;
	struct llcstat_value value;
};

static const struct opt opts[] = {
	OPT('L', "tids", NULL, llcstat, by_thread, "for each thread; for each process otherwise", .shows = "tid",
	    .hides = "pid"),
	OPT('C', "per-cpu", NULL, llcstat, by_cpu, "for each CPU apart", .shows = "cpu"),
	OPT(0, "total", NULL, llcstat, total, "one row for all", .hides = "pid tid comm"),
	OPT(0, "period", "COUNT", llcstat, period, "look once in so many of each; 100 unless told",
	    .min = 1, .max = 1000000000),
	{}
};

static void show_hits(struct out *out, const struct column *c, const void *row)
{
	const struct llcstat_value *v = &((const ROW *)row)->value;

	if (!v->references)
		out_nothing(out);
	else	/* both are samples: there may be more of the misses */
		out_fixed(out, v->misses < v->references ? (v->references - v->misses) * 10000 / v->references : 0, 100, 2);
}

static const struct column columns[] = {
	COL("pid", ROW, key.id, 7, "process id"),
	COL("tid", ROW, key.id, 7, "thread id", HIDDEN),
	COL("cpu", ROW, key.cpu, 4, "CPU", HIDDEN),
	COL("references", ROW, value.references, 13, "references to the last-level cache"),
	COL("misses", ROW, value.misses, 13, "of those, what was not in it"),
	COL_OWN("hits", show_hits, 7, "references that were in it, in percent", .bare_json = true),
	COL("comm", ROW, key.comm, -16, "command name"),
	{}
};

static int setup(struct run *run)
{
	const struct llcstat_bpf__rodata *rodata = run->rodata;

	return rodata->by_cpu ? table_by_cpu(((struct llcstat_bpf *)run->skel)->maps.caches) : 0;
}

static int attach(struct run *run)
{
	struct llcstat_bpf *skel = (struct llcstat_bpf *)run->skel;
	struct perf_event_attr attr = { .type = PERF_TYPE_HARDWARE, .sample_period = skel->rodata->period };
	int ret;

	attr.config = PERF_COUNT_HW_CACHE_REFERENCES;
	ret = perf_attach(skel->progs.reference, &attr);
	attr.config = PERF_COUNT_HW_CACHE_MISSES;
	if (!ret)
		ret = perf_attach(skel->progs.miss, &attr);
	if (ret == -EOPNOTSUPP)
		err("can't run here: perf events cache-references and cache-misses: no such hardware counter here");
	return ret;
}

static const struct example examples[] = {
	{ "-d 10", "who refers to the last-level cache, and how often in vain, during ten seconds" },
	{ "-L -p 1234 1 5", "each thread of a process, every second" },
	{ "--total --period 10000 1", "the whole machine, at little cost" },
	{}
};

TOOL(llcstat,
	.summary  = "references to the last-level cache and misses, by process",
	.about    = "The processor counts both; once in --period of them the task that runs is looked at, and they "
		    "are taken to be its own.",
	.cost     = "An interrupt for each --period references, and for each --period misses.",
	.caveats  = "What the processor counts as a reference differs between models. Virtual machines often have no "
		    "such counters; it says so then. CPUs that come online later are not counted.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach,
	.table    = ROWS("caches", ROW, "references"));
