/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define SOFTIRQS_SLOTS 16	/* vectors; kernels have 10 */

struct softirqs_key {
	__u32 vector;
	__u32 cpu;		/* 0 unless asked for */
};

struct softirqs_row {
	struct softirqs_key key;
	struct softirqs_value {
		__u64 count;
		__u64 total;	/* ns */
		struct peak max;
	} value;
};
