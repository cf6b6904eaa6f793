/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

#define CONG_STATES 5	/* enum tcp_ca_state: open, disorder, cwr, recovery, loss */

struct tcpcong_key {
	struct flow flow;
};

struct tcpcong_value {
	__u64 time[CONG_STATES];	/* ns */
	__u64 changes;
	__u32 pid, pad;
	char comm[COMM_LEN];
};

struct tcpcong_state {
	__u32 state;
	__u32 pad;
};
