/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HIST_H
#define HIST_H

#include "lib/tool.h"

struct hist_view {
	const __u64 *slots;	/* HIST_SLOTS(bits) of them */
	__u64 sum;		/* in ns where the tool has `divide`, else in the unit */
	__u64 divide;		/* ns in a unit; 1 for other units */
	__u32 bits;
};

__u64 hist_low(__u32 slot, __u32 bits);
__u64 hist_high(__u32 slot, __u32 bits);
__u64 hist_percentile(const __u64 *slots, __u32 bits, __u64 count, double percent);
void hist_header(struct run *run);
void hist_show(struct run *run, const void *row, const struct hist_view *hist);

/* out.c, for histograms: the headings, and "disk = sda, flags = Read" */
void out_names(struct out *out);
bool out_pairs(struct out *out, const void *row);

#endif
