/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct pidpersec_row {
	__u32 id, pad;
	struct pidpersec_value {
		__u64 processes;
		__u64 threads;
		__u64 programs;
	} value;
	__u64 ns;		/* since the row before */
};
