/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct futexctn_key {
	__u64 user;		/* stack */
	__u64 lock;		/* its address in the process */
	__u32 pid, tid;		/* tid: 0 unless threads are told apart */
	char comm[COMM_LEN];
};

struct futexctn_value {
	__u64 total, count;
	struct peak max;
};
