/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct threadsnoop_event {
	struct origin origin;
	__u64 start;		/* address of the function that the thread begins with */
};
