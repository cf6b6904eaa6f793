/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct hello_event {
	struct origin origin;
	__s32 child;		/* the new thread's id, or -errno */
	__u32 pad;
};
