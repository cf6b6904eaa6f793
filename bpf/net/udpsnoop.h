/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

enum udpsnoop_what { UDP_SENT, UDP_RECEIVED, UDP_DROPPED_IN, UDP_DROPPED_OUT };

struct udpsnoop_event {
	struct origin origin;	/* who sent or read it; of one that was dropped, whose socket it is, pid 0: not known */
	struct flow flow;	/* remote port 0: not known */
	__u32 what;		/* enum udpsnoop_what */
	__u32 bytes;		/* without headers */
	__u32 reason;		/* enum skb_drop_reason; 0: not told */
	__u32 pad;
	__u64 location;		/* in the kernel, where it was dropped */
};
