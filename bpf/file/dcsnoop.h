/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define DCSNOOP_NAME 256	/* NAME_MAX and its NUL */

struct dcsnoop_event {
	struct origin origin;
	__u32 is_miss;
	__u32 pad;
	char name[DCSNOOP_NAME];
};
