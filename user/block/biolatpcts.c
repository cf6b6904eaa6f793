// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "lib/block.h"
#include "lib/hist.h"
#include "lib/tool.h"
#include "block/biolatpcts.h"
#include "block/biolatpcts.skel.h"

#define ROW struct biolatpcts_row

/* The columns, in this order. */
static const double percents[] = { 1, 5, 10, 16, 25, 50, 75, 84, 90, 95, 99, 99.9, 99.99, 100 };

#define PERCENTS (sizeof(percents) / sizeof(*percents))

ROW {
	struct biolatpcts_key key;
	struct hist value;
	__u64 count;
	__u64 at[PERCENTS];	/* ns */
};

static void show_op(struct out *out, const struct column *c, const void *row)
{
	block_op(out, ((const ROW *)row)->key.op);
}

static void show_avg(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	out_fixed(out, r->count ? r->value.sum / r->count : 0, USEC, 1);
}

static bool row(struct run *run, void *row)
{
	ROW *r = row;

	for (int i = 0; i < HIST_MAX; i++)
		r->count += r->value.slot[i];
	for (unsigned int i = 0; i < PERCENTS; i++)
		r->at[i] = hist_percentile(r->value.slot, HIST_BITS, r->count, percents[i]);
	return true;
}

static int parse_which(struct run *run, const char *arg, void *to)
{
	static const char *const names[] = {
		[FROM_ALLOC] = "from-rq-alloc", [FROM_MADE] = "after-rq-alloc", [FROM_ISSUE] = "on-device"
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(arg, names[i])) {
			*(__u32 *)to = i;
			return 0;
		}
	err("--which: '%s' is none of from-rq-alloc, after-rq-alloc, on-device", arg);
	return -EINVAL;
}

/* Whether requests are stamped as they are made. */
static int stamped(struct run *run, __u32 disk)
{
	char path[64], line[8] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/iostats", disk >> 20, disk & 0xfffff);
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f) && *line == '0') {
		err("--which: this disk's requests have no time stamps: write 1 to %s", path);
		fclose(f);
		return -EOPNOTSUPP;
	}
	if (f)
		fclose(f);
	return 0;
}

static int setup(struct run *run)
{
	const struct biolatpcts_bpf__rodata *rodata = run->rodata;

	run->common->hist_bits = HIST_BITS;
	if (rodata->from != FROM_ISSUE)
		attach_skip("issue");
	if (rodata->from != FROM_ISSUE && rodata->only_disk && stamped(run, rodata->only_disk))
		return -EOPNOTSUPP;
	return block_setup(run);
}

static const struct opt opts[] = {
	OPT('w', "which", "FROM", biolatpcts, from, "since when: from-rq-alloc, after-rq-alloc or on-device, which it is",
	    .parse = parse_which),
	OPT(0, "disk", "DISK", biolatpcts, only_disk, "only this disk: sda, /dev/nvme0n1 or 8:0", .parse = block_disk,
	    .complete = "device"),
	{}
};

#define PERCENTILE(n, i, ...) COL_NSEC(n, "us", ROW, at[i], 8, "so many percent took no longer", ##__VA_ARGS__)

static const struct column columns[] = {
	COL_AS(L_DEV, "disk", ROW, key.disk, -8, "disk"),
	COL_OWN("op", show_op, -8, "operation"),
	COL("count", ROW, count, 7, "requests"),
	COL_OWN("avg", show_avg, 9, "average, in microseconds", HIDDEN, .bare_json = true),
	COL_NSEC("total", "us", ROW, value.sum, 12, "all of them added up", HIDDEN),
	PERCENTILE("p1", 0, HIDDEN),
	PERCENTILE("p5", 1, HIDDEN),
	PERCENTILE("p10", 2, HIDDEN),
	PERCENTILE("p16", 3, HIDDEN),
	PERCENTILE("p25", 4, HIDDEN),
	PERCENTILE("p50", 5),
	PERCENTILE("p75", 6),
	PERCENTILE("p84", 7, HIDDEN),
	PERCENTILE("p90", 8),
	PERCENTILE("p95", 9, HIDDEN),
	PERCENTILE("p99", 10),
	PERCENTILE("p99.9", 11),
	PERCENTILE("p99.99", 12, HIDDEN),
	COL_NSEC("max", "us", ROW, at[13], 8, "none took longer"),
	{}
};

static const struct example examples[] = {
	{ "3", "every three seconds, for each disk and operation" },
	{ "--disk nvme0n1 -w after-rq-alloc -d 60", "a minute of one disk, with the time in the queue" },
	{ "-j 1 -o disk,op,p50,p99.99", "as JSON, with the percentiles that are wanted" },
	{}
};

TOOL(biolatpcts,
	.summary  = "percentiles of how long block requests take, by disk and operation",
	.about    = "From the moment that the driver gets a request until all of it is done; with --which after-rq-alloc from "
		    "the making of the request, and with from-rq-alloc from the moment that somebody wanted to make one, "
		    "which the kernel only stamps where iocost is in use (else it is the same). Choose percentiles with -o.",
	.cost     = "Two tracepoints for each block request, one with --which; 8 KiB for each disk and operation.",
	.caveats  = "A percentile is at most a sixteenth too high. With --which, requests of disks whose queue/iostats is 0 "
		    "aren't counted. What a bio-based device (md, dm, zram) does shows at the disks below it.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup,
	.table    = ROWS("latencies", ROW, "count", .adds = sizeof(struct hist), .row = row));
