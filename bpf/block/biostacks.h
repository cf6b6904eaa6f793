/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct biostacks_key {
	__u64 kernel;		/* stack that the request was made in */
	__u32 pid, disk;
	char comm[COMM_LEN];
};

struct biostacks_value {
	__u64 total, count;
	struct peak max;
};
