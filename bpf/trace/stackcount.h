/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct stackcount_key {
	__u64 kernel, user;	/* stacks */
	__u32 pid, pad;		/* 0, and no name, unless processes are told apart */
	char comm[COMM_LEN];
};
