/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define FUNCSLOWER_ARGS 5	/* s390x has no more in registers */

struct funcslower_event {
	struct origin origin;
	__u64 place, took;
	__u64 returned, args[FUNCSLOWER_ARGS];
	__u64 kernel, user;	/* stacks */
	__u64 one;		/* what it counts for in graphs */
};
