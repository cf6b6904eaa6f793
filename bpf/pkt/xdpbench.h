/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDPBENCH_H
#define XDPBENCH_H

#include "lib/shared.h"

#define XDPBENCH_TARGETS 64

enum xdpbench_operation {
	XDPBENCH_DROP, XDPBENCH_PASS, XDPBENCH_TX, XDPBENCH_REDIRECT, XDPBENCH_MAP, XDPBENCH_CPU, XDPBENCH_MULTI, XDPBENCH_OPERATIONS,
};
enum xdpbench_access { XDPBENCH_NONE, XDPBENCH_READ, XDPBENCH_PARSE, XDPBENCH_SWAP };
enum xdpbench_by {
	XDPBENCH_FIRST, XDPBENCH_TURNS, XDPBENCH_PROTOCOL, XDPBENCH_FILTER, XDPBENCH_HASH, XDPBENCH_SPORT, XDPBENCH_DPORT,
};
enum xdpbench_then { XDPBENCH_NOTHING, XDPBENCH_THEN_DROP, XDPBENCH_THEN_PASS, XDPBENCH_THEN_REDIRECT, XDPBENCH_THEN_FORWARD };

/* By queue and CPU. */
struct xdpbench_count {
	__u64 packets, drops;
	__u64 turn;
};

struct xdpbench_mac {
	__u16 part[3];
};

/* Whose events are counted: all known only once they are loaded. */
struct xdpbench_own {
	__u32 programs[3];
	__u32 queues, devices;	/* maps */
	__u32 index, netns;
};

#endif
