/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PACKET_H
#define PACKET_H

#include "lib/shared.h"

/* What a packet is known to have. */
enum {
	PACKET_ETHER = 1 << 0,		/* addresses of Ethernet */
	PACKET_VLAN = 1 << 1,		/* a tag; the outer one counts */
	PACKET_PROTOCOL = 1 << 2,	/* what is in IP: known to the last extension header */
	PACKET_PORTS = 1 << 3,
	PACKET_FRAGMENT = 1 << 4,	/* a piece of one; only the first has ports */
	PACKET_BAD = 1 << 5,		/* it ends within a header, one contradicts itself, or there are too many */
};

struct packet {
	__u32 saddr[4], daddr[4];	/* network order, IPv4 in the first word */
	__u16 smac[3], dmac[3];		/* as in the packet */
	__u16 sport, dport;		/* host order */
	__u16 ether_type;		/* host order, behind all tags */
	__u16 vlan;
	__u8 family;			/* 4, 6; 0: no IP */
	__u8 protocol;
	__u8 flags;
	__u8 tcp_flags;			/* not filled in unless asked for */
	__u32 mark, length;		/* length: from Ethernet's header on, from IP's where there is none */
	__u32 payload;			/* where the transport's header begins */
};

#endif
