/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct readahead_row {
	__u32 pid;
	__u32 pad;
	struct readahead_value {	/* pages */
		__u64 read, used, dropped;
		__u64 age;		/* ns, of those that were used, added up */
		__u64 folios;		/* ... by so many */
		char comm[COMM_LEN];
	} value;
	__u64 unused;		/* filled by user space */
};
