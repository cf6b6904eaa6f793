/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct llcstat_key {
	__u32 id;		/* process or thread; 0 with --total */
	__u32 cpu;		/* 0 unless asked for */
	char comm[COMM_LEN];
};

struct llcstat_value {
	__u64 references;
	__u64 misses;
};
