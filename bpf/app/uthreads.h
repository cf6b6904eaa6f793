/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/language.h"

struct uthreads_event {
	struct origin origin;
	__u64 start;		/* the function that it begins with; 0: that isn't told */
	__u64 age;		/* as it stops */
	__u32 way;
	__u32 stops;
	char name[LANGUAGE_NAME];
};
