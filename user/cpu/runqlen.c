// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/irq_user.h"
#include "lib/perf.h"
#include "lib/share.h"
#include "cpu/runqlen.h"
#include "cpu/runqlen.skel.h"

#define ROW struct runqlen_row

ROW {
	struct runqlen_key key;
	struct runqlen_value value;
	struct share share;
};

static const struct opt opts[] = {
	OPT('C', "per-cpu", NULL, runqlen, by_cpu, "for each CPU apart", .shows = "cpu"),
	OPT('O', "runqocc", NULL, runqlen, occupancy, "only how often any task waited", .shows = "occupancy",
	    .hides = "length share bar"),
	OPT_FREQUENCY(runqlen, frequency),
	OPT_CPUS,
	{}
};

static void show_occupancy(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	out_fixed(out, r->value.count ? r->value.occupied * 10000 / r->value.count : 0, 100, 2);
}

static const struct column columns[] = {
	COL("cpu", ROW, key.cpu, 4, "CPU", HIDDEN),
	COL("length", ROW, key.length, 6, "tasks that waited, besides the one that ran"),
	COL("count", ROW, value.count, 10, "samples"),
	COL_OWN("occupancy", show_occupancy, 9, "samples in which any task waited, in percent", HIDDEN, .bare_json = true),
	COLS_SHARE(ROW),
	{}
};

static void shares(struct run *run, void *rows, size_t n)
{
	const ROW *r = rows;
	struct share_of of = { sizeof(*r), offsetof(ROW, value.count), offsetof(ROW, share) };
	const struct runqlen_bpf__rodata *rodata = run->rodata;

	if (rodata->by_cpu)
		of.group = offsetof(ROW, key.cpu) + 1;
	share_out(rows, n, &of);
}

static int setup(struct run *run)
{
	const struct runqlen_bpf__rodata *rodata = run->rodata;

	return rodata->by_cpu ? table_by_cpu(((struct runqlen_bpf *)run->skel)->maps.lengths) : 0;
}

static int attach(struct run *run)
{
	struct runqlen_bpf *skel = (struct runqlen_bpf *)run->skel;

	return perf_sample(skel->progs.sample, skel->rodata->frequency);
}

static const struct example examples[] = {
	{ "-d 10", "how many tasks waited for a CPU, sampled during ten seconds" },
	{ "-C -O 1", "how often any waited, for each CPU, every second" },
	{ "-F 999 --cpu 0,1", "a thousand samples a second on two CPUs" },
	{}
};

TOOL(runqlen,
	.summary  = "how many tasks wait for a CPU, by samples",
	.about    = "At each sample, the tasks of all classes and groups that could run on that CPU, but for the one "
		    "that does. Filters by process look at the task that ran.",
	.cost     = "A timer interrupt for each sample on each CPU, also on those that are idle.",
	.caveats  = "CPUs that come online later are not sampled. Real-time and deadline tasks count as well as fair "
		    "ones.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach,
	.table    = ROWS("lengths", ROW, "length", .up = true, .all = shares));
