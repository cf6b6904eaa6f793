/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcptop_key {
	struct flow flow;
	__u32 pid;
	__u32 pad;
};

struct tcptop_value {
	__u64 tx, rx;		/* bytes that the process wrote, and read */
	char comm[COMM_LEN];
};
