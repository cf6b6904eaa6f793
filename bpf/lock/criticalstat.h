/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum criticalstat_section { CRITICAL_IRQ, CRITICAL_PREEMPT, CRITICAL_SECTIONS };

struct criticalstat_event {
	struct origin origin;
	__u64 latency;		/* ns */
	__u64 kernel;		/* stack at its end */
	__u64 from, to;		/* where it began and ended */
	__u32 section, pad;
};
