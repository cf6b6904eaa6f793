/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcpstates_event {
	struct origin origin;	/* the owner, pid 0 where it isn't known */
	struct flow flow;
	__u64 socket;		/* its address in the kernel */
	__u64 in_state;		/* ns in the old state; 0: not known */
	__u32 from, to;
};
