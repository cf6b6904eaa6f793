/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define XDPLOAD_MOST 10
#define XDPLOAD_VERDICTS 8	/* ABORTED, DROP, PASS, TX, REDIRECT, ... */
#define XDPLOAD_OTHER 5		/* ... and any other; a power of two of them for the verifier */
#define XDPLOAD_NAME 64

struct xdpload_value {
	__u64 runs;
	__u64 verdicts[XDPLOAD_VERDICTS];
};

/* What a place of the chain holds, for those who ask later. */
struct xdpload_program {
	char name[XDPLOAD_NAME];
	__u32 id;		/* the kernel's; 0: the place is empty */
	__u32 priority;
	__u32 chain;		/* verdicts, as bits, after which the next one is run */
	__u32 blind;		/* by a tail call: its verdicts aren't seen */
};
