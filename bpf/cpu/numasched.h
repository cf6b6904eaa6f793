/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

/* The origin is the task that has moved. */
struct numasched_event {
	struct origin origin;
	__u32 from, to;		/* nodes */
};
