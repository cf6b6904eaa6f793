/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

/* From a request's write to the read of its answer, one behind the other. */
enum netlat_stage { STAGE_SEND, STAGE_QDISC, STAGE_AWAY, STAGE_RECEIVE, STAGE_WAKEUP, STAGE_LATE, STAGE_READ, STAGES };

struct netlat_event {
	struct origin origin;	/* who read the answer, and when */
	struct flow flow;
	__u64 total;		/* ns; all stages together */
	__u64 stage[STAGES];	/* ns; 0: there was none, or it wasn't seen and the next one has its time */
	__u64 rtt;		/* ns, the kernel's estimate */
	__u32 wrote, read;	/* bytes */
};

struct netlat_key {
	__u32 stage;
};
