/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCK_H
#define SOCK_H

#include "lib/shared.h"

/* The two ends of a connection. */
struct flow {
	__u32 laddr[4], raddr[4];	/* network order; IPv4, v4-mapped too, is in the first word */
	__u32 family;			/* 4 or 6: of the addresses, not of the socket */
	__u32 netns;
	__u16 lport, rport;		/* host order */
	__u32 pad;
};

/* "10.0.0.0/8": the addresses that, masked, are `addr`. */
struct sock_net {
	__u32 addr[4], mask[4];
	__u32 family;
	__u32 pad;
};

#define SOCK_NETS 8
#define SOCK_RANGES 32

/* What --raddr and --remoteport ask for; n == 0: nothing, so all pass. */
struct sock_nets {
	__u32 n, pad;
	struct sock_net net[SOCK_NETS];
};

struct sock_ports {
	__u32 n;
	struct sock_range {
		__u16 from, to;
	} range[SOCK_RANGES];
};

#endif
