/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define INJECT_WITHIN 4		/* functions of a call chain */

/* The code of a function: [from, to). */
struct inject_code {
	__u64 from, to;
};

struct inject_event {
	struct origin origin;
	__u64 kernel, user;	/* stacks */
	__u64 one;		/* what it counts for in graphs */
};
