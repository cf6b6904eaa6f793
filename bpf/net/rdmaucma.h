/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct rdmaucma_event {
	struct origin origin;	/* the owner; pid 0 where it isn't known */
	struct flow flow;
	__u32 event;		/* enum rdma_cm_event_type */
	__s32 status;		/* -errno */
};
