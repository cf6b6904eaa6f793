/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/offcpu.h"

struct offcputime_key {
	__u64 kernel, user;	/* stacks */
	__u32 pid, tid;		/* tid: 0 unless threads are told apart */
	char comm[COMM_LEN];
};
