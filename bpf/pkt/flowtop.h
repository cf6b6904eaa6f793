/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef FLOWTOP_H
#define FLOWTOP_H

#include "lib/shared.h"

struct flowtop_key {
	__u32 saddr[4], daddr[4];	/* IPv4 in the first word */
	__u16 sport, dport;
	__u8 family, protocol;		/* family 0: no IP, all else is 0 */
	__u16 pad;
};

struct flowtop_value {
	__u64 packets, bytes;
};

#endif
