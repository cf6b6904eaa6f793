/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define BASHREADLINE_LINE 4096	/* with its NUL */

struct bashreadline_event {
	struct origin origin;
	__u32 cut;		/* the line is longer */
	__u32 pad;
	char line[BASHREADLINE_LINE];
};
