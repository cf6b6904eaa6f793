/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

#define XDPDUMP_MOST 65536	/* bytes of a packet that are kept */

enum xdpdump_at { XDPDUMP_ENTRY, XDPDUMP_EXIT, XDPDUMP_PLACES };

struct xdpdump_event {
	struct origin origin;	/* of it only the time and the CPU: packets belong to no task */
	struct flow flow;	/* l is where the packet comes from, r where it goes to; only if they are shown or asked for */
	__u64 packet;		/* the same at entry and exit */
	__u32 length, captured;
	__u32 queue, verdict;
	__u32 at;
	__u16 ether_type, vlan;
	__u8 protocol, pad[7];
	__u8 bytes[];
};

/* By CPU and place. */
struct xdpdump_counts {
	__u64 seen, wanted, lost;
};
