/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcplife_event {
	struct origin origin;	/* the owner, pid 0 where it isn't known; when the connection ended */
	struct flow flow;
	__u64 tx, rx;		/* bytes that the other side acknowledged, and that came from it */
	__u64 life;		/* ns; 0 where the start wasn't seen */
	__u64 srtt;		/* ns; 0 where it was never measured */
	__u32 retransmits;
	__u32 state;		/* that it was in before it was closed */
};
