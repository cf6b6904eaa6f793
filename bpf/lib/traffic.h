/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "lib/sock.h"

struct traffic_key {
	struct flow flow;
	__u32 pid;
	__u32 pad;
};

struct traffic_value {
	__u64 tx, rx;			/* bytes that the process wrote, and read */
	__u64 sends, receives;		/* calls that did */
	char comm[COMM_LEN];
};

#endif
