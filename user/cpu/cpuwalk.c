// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/perf.h"
#include "lib/share.h"
#include "cpu/cpuwalk.h"
#include "cpu/cpuwalk.skel.h"

#define ROW struct cpuwalk_row

ROW {
	__u32 cpu;
	__u32 pad;
	struct cpuwalk_value value;
	struct share share;
};

static const struct opt opts[] = {
	OPT('I', "include-idle", NULL, cpuwalk, with_idle, "samples of idle CPUs as well"),
	OPT_FREQUENCY(cpuwalk, frequency),
	{}
};

static const struct column columns[] = {
	COL("cpu", ROW, cpu, 4, "CPU"),
	COL("count", ROW, value.count, 10, "samples in which a task ran there"),
	COLS_SHARE(ROW),
	{}
};

static void shares(struct run *run, void *rows, size_t n)
{
	share_out(rows, n, &(struct share_of){ sizeof(ROW), offsetof(ROW, value.count), offsetof(ROW, share), 0 });
}

static int attach(struct run *run)
{
	struct cpuwalk_bpf *skel = (struct cpuwalk_bpf *)run->skel;

	return perf_sample(skel->progs.sample, skel->rodata->frequency);
}

static const struct example examples[] = {
	{ "-d 10", "on which CPUs tasks ran, during ten seconds" },
	{ "-p 1234 1 5", "on which one process did, every second" },
	{}
};

TOOL(cpuwalk,
	.summary  = "on which CPUs work runs, by samples",
	.about    = "At each sample, whether a task runs on that CPU. Filters look at that task.",
	.cost     = "A timer interrupt for each sample on each CPU, also on those that are idle.",
	.caveats  = "CPUs that come online later are not sampled.",
	.examples = examples, .opts = opts, .columns = columns, .attach = attach,
	.table    = ROWS("cpus", ROW, "cpu", .up = true, .per_cpu = 1, .apart = true, .all = shares));
