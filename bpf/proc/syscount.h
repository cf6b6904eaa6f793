/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define SYSCOUNT_TABLE 512	/* numbers in a table; the 32-bit one comes second */
#define SYSCOUNT_SLOTS (2 * SYSCOUNT_TABLE)

struct syscount_row {
	__u32 id;		/* slot of the system call, or process */
	__u32 pad;
	struct syscount_value {
		__u64 count;
		__u64 failed;
		__u64 ns;
		char comm[COMM_LEN];	/* processes only */
	} value;
};

struct syscount_counters {
	__u64 count;
	__u64 failed;
	__u64 ns;
};
