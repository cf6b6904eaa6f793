/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcppktlat_event {
	struct origin origin;	/* who read it, and when all of it was read */
	struct flow flow;
	__u64 latency;		/* ns */
	__u32 bytes;
	__u32 pad;
};
