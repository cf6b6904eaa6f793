/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcpconnlat_event {
	struct origin origin;	/* who connected, and when it was decided */
	struct flow flow;
	__u64 latency;		/* ns */
	__s32 error;		/* -errno; 0: connected */
	__u32 pad;
};
