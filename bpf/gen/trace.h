/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

/* Behind it is what the user's expressions are worth: 8 bytes each, or text. */
struct trace_row {
	struct origin origin;
	__u64 place;		/* its number */
	__u64 kernel, user;	/* stacks */
	__u64 one;		/* what it counts for in graphs */
};
