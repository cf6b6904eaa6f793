/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum { SOFTIRQ_RAISED, SOFTIRQ_RAN };

struct softirqslower_event {
	struct origin origin;	/* of the task that was interrupted */
	__u64 latency;		/* ns */
	__u32 vector;
	__u32 stage;		/* SOFTIRQ_* */
};
