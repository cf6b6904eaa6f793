/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcpdrop_event {
	struct origin origin;	/* the owner, pid 0 where it isn't known */
	struct flow flow;
	__u64 location;		/* in the kernel */
	__u64 stack;
	__u32 reason;		/* enum skb_drop_reason; 0: not told */
	__u32 state;		/* 0: no socket is known */
	__u32 flags;		/* of the segment: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32 */
	__u32 outgoing;
};
