/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct stacksnoop_event {
	struct origin origin;
	__u64 kernel, user;	/* stacks */
	__u64 one;		/* what it counts for in graphs */
};
