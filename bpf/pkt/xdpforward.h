/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDPFORWARD_H
#define XDPFORWARD_H

#include "lib/shared.h"

#define XDPFORWARD_PORTS 64

/* What becomes of a packet; all that isn't forwarded goes to the stack, but what was lost. */
enum xdpforward_fate {
	XDPFORWARD_FORWARDED, XDPFORWARD_LOST,
	/* as bpf_fib_lookup() says, BPF_FIB_LKUP_RET_* from 1 on */
	XDPFORWARD_BLACKHOLE, XDPFORWARD_UNREACHABLE, XDPFORWARD_PROHIBIT, XDPFORWARD_NOT_FWDED, XDPFORWARD_FWD_DISABLED,
	XDPFORWARD_UNSUPP_LWT, XDPFORWARD_NO_NEIGH, XDPFORWARD_FRAG_NEEDED, XDPFORWARD_NO_SRC_ADDR,
	XDPFORWARD_FAILED,
	XDPFORWARD_ELSEWHERE, XDPFORWARD_TTL, XDPFORWARD_NOT_OURS, XDPFORWARD_VLAN, XDPFORWARD_OPTIONS, XDPFORWARD_SCOPE, XDPFORWARD_PIECES,
	XDPFORWARD_MALFORMED, XDPFORWARD_NOT_IP,
	XDPFORWARD_FATES,
};

/* By the interface that packets come in at. */
struct xdpforward_port {
	__u32 at;		/* of its counters: at * XDPFORWARD_FATES + fate */
	__u16 mac[3], pad;
};

struct xdpforward_count {
	__u64 packets, bytes;
};

#endif
