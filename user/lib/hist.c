// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Histograms as bars, buckets or percentiles. */
#include <stdio.h>
#include <string.h>
#include "lib/hist.h"
#include "lib/lib.h"

#define BAR 40

/* The inverse of hist_slot() in bpf/lib/hist.bpf.h. */
__u64 hist_low(__u32 slot, __u32 bits)
{
	__u32 group = slot >> bits, sub = slot & ((1U << bits) - 1);

	return group ? ((1ULL << bits) + sub) << (group - 1) : sub;
}

__u64 hist_high(__u32 slot, __u32 bits)
{
	return slot + 1 < HIST_SLOTS(bits) ? hist_low(slot + 1, bits) - 1 : -1ULL;
}

/* The smallest value that `percent` of all are not above, as far as the buckets tell: at most 2^-bits too high. */
__u64 hist_percentile(const __u64 *slots, __u32 bits, __u64 count, double percent)
{
	__u64 below = 0, want = count * percent / 100;

	if (want < count * percent / 100 || !want)
		want++;
	for (__u32 i = 0; i < HIST_SLOTS(bits); i++) {
		below += slots[i];
		if (below >= want)
			return hist_high(i, bits);
	}
	return 0;
}

static const struct {
	double percent;
	const char *name;
} percentiles[] = { { 50, "p50" }, { 90, "p90" }, { 95, "p95" }, { 99, "p99" }, { 99.9, "p99.9" }, { 100, "max" } };

#define PERCENTILES (sizeof(percentiles) / sizeof(*percentiles))

static const char *unit_name(const struct run *run, __u64 divide)
{
	return !run->table->divide ? run->table->unit :
	       divide == NSEC ? "nsecs" : divide == USEC ? "usecs" : "msecs";
}

static void json(struct out *out, struct run *run, const struct hist_view *h, __u64 count)
{
	bool first = true;

	out_json_key(out, "unit");
	out_printf(out, "\"%s\"", unit_name(run, h->divide));
	out_json_key(out, "count");
	out_u64(out, count);
	out_json_key(out, run->table->divide ? "sum_ns" : "sum");
	out_u64(out, h->sum);
	for (unsigned int i = 0; run->percentiles && i < PERCENTILES; i++) {
		out_json_key(out, percentiles[i].name);
		out_u64(out, hist_percentile(h->slots, h->bits, count, percentiles[i].percent));
	}
	out_json_key(out, "hist");
	out_str(out, "[");
	for (__u32 i = 0; i < HIST_SLOTS(h->bits); i++)
		if (h->slots[i]) {
			out_printf(out, "%s{\"from\":%llu,\"to\":%llu,\"count\":%llu}", first ? "" : ",", hist_low(i, h->bits),
				   hist_high(i, h->bits), h->slots[i]);
			first = false;
		}
	out_str(out, "]}\n");
}

static void csv(struct out *out, struct run *run, const struct hist_view *h, const void *row)
{
	for (__u32 i = 0; i < HIST_SLOTS(h->bits); i++)
		if (h->slots[i])
			out_printf(out, "%s%llu,%llu,%llu\n", out_cells(out, row) ? "," : "", hist_low(i, h->bits),
				   hist_high(i, h->bits), h->slots[i]);
}

static void bars(struct out *out, struct run *run, const struct hist_view *h)
{
	static const char stars[] = "****************************************";
	__u64 most = 1;
	int first = -1, last = -1;

	for (__u32 i = 0; i < HIST_SLOTS(h->bits); i++)
		if (h->slots[i]) {
			first = first < 0 ? (int)i : first;
			last = i;
			most = h->slots[i] > most ? h->slots[i] : most;
		}
	if (first < 0)
		return;
	out_printf(out, "%22s : %-9s|%-*s|\n", unit_name(run, h->divide), "count", BAR, " distribution");
	for (int i = first > 1 ? first - 1 : 0; i <= last; i++)
		out_printf(out, "%9llu -> %-9llu : %-9llu|%-*.*s|\n", hist_low(i, h->bits), hist_high(i, h->bits), h->slots[i],
			   BAR, (int)((double)h->slots[i] * BAR / most), stars);
}

void hist_header(struct run *run)
{
	struct out *out = out_open(run);

	if (run->quiet || run->format == OUT_JSON)
		return;
	if (run->format == OUT_CSV) {
		out_names(out);
		out_str(out, "from,to,count\n");
	} else if (run->percentiles) {
		out_names(out);
		out_printf(out, "%9s %9s", "COUNT", "AVG");
		for (unsigned int i = 0; i < PERCENTILES; i++)
			out_printf(out, " %7s", percentiles[i].name);
		out_str(out, "\n");
	}
}

void hist_show(struct run *run, const void *row, const struct hist_view *h)
{
	struct out *out = out_open(run);
	__u64 count = 0;

	for (__u32 i = 0; i < HIST_SLOTS(h->bits); i++)
		count += h->slots[i];
	if (run->format == OUT_JSON) {
		out_cells(out, row);
		json(out, run, h, count);
	} else if (run->format == OUT_CSV) {
		csv(out, run, h, row);
	} else if (run->percentiles) {
		if (out_cells(out, row))
			out_str(out, " ");
		out_printf(out, "%9llu %9llu", count, count ? h->sum / count / h->divide : 0);
		for (unsigned int i = 0; i < PERCENTILES; i++)
			out_printf(out, " %7llu", hist_percentile(h->slots, h->bits, count, percentiles[i].percent));
		out_str(out, "\n");
	} else {
		if (out_pairs(out, row))
			out_str(out, "\n");
		bars(out, run, h);
		if (run->table->average && count)
			out_printf(out, "avg = %llu %s, total: %llu %s, count: %llu\n", h->sum / count / h->divide, unit_name(run, h->divide),
				   h->sum / h->divide, unit_name(run, h->divide), count);
		out_str(out, "\n");
	}
}
