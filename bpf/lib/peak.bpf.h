/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The highest value of an interval.  Nobody clears it: the first event after a reading by user
 * space begins anew, and keeps what the reading may still have to see.
 */
#ifndef PEAK_BPF_H
#define PEAK_BPF_H

__u64 reading SEC(".data.reading");	/* CLOCK_MONOTONIC, ns; table.c in user space sets it */

static __always_inline void peak_put(struct peak *peak, __u64 value)
{
	if (peak->of != reading) {
		peak->before = peak->most;
		peak->before_of = peak->of;
		peak->most = 0;
		peak->of = reading;
	}
	if (value > peak->most)
		peak->most = value;
}

#endif
