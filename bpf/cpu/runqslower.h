/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

/* The origin is the task that waited. */
struct runqslower_event {
	struct origin origin;
	__u64 wait;		/* ns */
	__u32 prev_tid;
	__u32 prev_pid;
	char prev_comm[COMM_LEN];
};
