/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct profile_key {
	__u64 kernel, user;	/* stacks */
	__u32 pid, tid, cpu;	/* tid, cpu: 0 unless they are told apart */
	char comm[COMM_LEN];
	__u32 pad;
};
