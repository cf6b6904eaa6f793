/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/language.h"

struct uflow_event {
	struct origin origin;
	__u32 depth;		/* how many calls of its thread it is in */
	__u32 returns;
	__s64 line;		/* where it is written, 0: that isn't told */
	struct language_key key;
};
