/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum { CAPABLE_AUDIT = 1, CAPABLE_SETID = 2, CAPABLE_TOLD = 4 };

struct capable_event {
	struct origin origin;
	__u64 stack;
	__u32 cap;
	__s32 ret;
	__u32 options;		/* CAPABLE_*; none where the kernel doesn't tell */
	__u32 userns;		/* in which it is asked for */
};
