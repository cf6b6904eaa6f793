/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct numamove_row {
	__u32 pid;
	__u32 pad;
	struct numamove_value {
		__u64 moves, pages, failed;
		__u64 ns;	/* of `timed` moves, added up */
		__u64 timed;
		char comm[COMM_LEN];
	} value;
};
