/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

/* Where a packet is seen, roughly in the order of its way. */
enum pktpath_stop {
	PKTPATH_XDP, PKTPATH_GRO, PKTPATH_BACKLOG, PKTPATH_RECEIVE, PKTPATH_TAP, PKTPATH_TC, PKTPATH_NETFILTER, PKTPATH_IP,
	PKTPATH_ROUTE, PKTPATH_LWT_IN, PKTPATH_LOCAL, PKTPATH_TRANSPORT, PKTPATH_SOCKET, PKTPATH_READY, PKTPATH_FULL,
	PKTPATH_READ, PKTPATH_FORWARD, PKTPATH_OUTPUT, PKTPATH_LWT_OUT, PKTPATH_LWT_XMIT, PKTPATH_QUEUE, PKTPATH_ENQUEUE,
	PKTPATH_DEQUEUE, PKTPATH_XMIT, PKTPATH_REJECT, PKTPATH_DROP, PKTPATH_DONE, PKTPATH_STOPS
};

struct pktpath_event {
	struct origin origin;	/* of it only the time and the CPU: packets belong to no task */
	struct flow flow;	/* l is where the packet comes from, r where it goes to */
	__u64 skb, head;	/* addresses; 0: there is none yet */
	__u64 location;		/* in the kernel, of a drop */
	__u32 stop;
	__s32 result;		/* by stop: a verdict, -errno, bytes, a hook */
	__u32 reason;		/* enum skb_drop_reason */
	__u32 index;		/* of the interface; 0: not told */
	__u32 length, mark;
	__u32 stamp;		/* of what in the packet tells it from others of its flow, and no router changes */
	__u32 number;		/* user space counts packets */
	__u64 since;		/* ... and takes the time from the stop before */
	char name[16];
	__u8 protocol, ttl, first, pad[5];
};
