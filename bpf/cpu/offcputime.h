/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct offcputime_key {
	__u64 kernel, user;	/* stacks */
	__u32 pid, tid;		/* tid: 0 unless threads are told apart */
	char comm[COMM_LEN];
};

struct offcputime_value {
	__u64 total, count;	/* ns, and how often */
};
