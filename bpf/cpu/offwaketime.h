/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/offcpu.h"

struct offwaketime_key {
	__u64 kernel, user;			/* stacks of the one that was blocked */
	__u64 waker_kernel, waker_user;		/* ... of the one that woke it */
	__u32 pid, waker_pid;
	char comm[COMM_LEN], waker[COMM_LEN];
};
