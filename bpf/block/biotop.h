/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct biotop_row {
	__u32 pid;
	__u32 disk;		/* major << 20 | minor */
	__u32 op;
	__u32 pad;
	struct biotop_value {
		__u64 count, bytes;
		__u64 ns, queued;	/* from the issue on; until then */
		char comm[COMM_LEN];
	} value;
};
