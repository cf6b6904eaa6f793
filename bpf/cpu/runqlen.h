/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct runqlen_key {
	__u32 length;		/* tasks that wait; 0 with --runqocc */
	__u32 cpu;		/* 0 unless asked for */
};

struct runqlen_value {
	__u64 count;		/* samples */
	__u64 occupied;		/* ... with a task that waits */
};
