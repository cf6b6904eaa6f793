/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct hardirqs_key {
	__u32 irq;
	__u32 cpu;		/* 0 unless asked for */
	char name[32];		/* that the driver gave it */
};

struct hardirqs_value {
	__u64 count;
	__u64 total;		/* ns */
	struct peak max;
};
