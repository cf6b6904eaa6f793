/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct wakeuptime_key {
	__u64 kernel, user;		/* the waker's stacks */
	__u32 pid, waker_pid;		/* of the one that slept, and of the one that woke it */
	char comm[COMM_LEN], waker[COMM_LEN];
};

struct wakeuptime_value {
	__u64 total, count;
};
