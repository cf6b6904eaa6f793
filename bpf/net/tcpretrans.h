/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

/* Why it was sent again. */
enum { RETRANS_OTHER, RETRANS_SYN, RETRANS_SYNACK, RETRANS_TIMEOUT, RETRANS_FAST, RETRANS_PROBE, RETRANS_KINDS };

struct tcpretrans_event {
	struct origin origin;	/* the owner, pid 0 where it isn't known */
	struct flow flow;
	__u32 kind;
	__u32 state;
	__u32 sequence;		/* of its first byte */
	__u32 bytes;		/* sequence numbers that it takes: SYN and FIN have one */
	__s32 error;		/* -errno: it could not be sent */
	__u32 pad;
};
