/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct biopattern_row {
	__u32 disk;		/* major << 20 | minor */
	__u32 pad;
	struct biopattern_value {
		__u64 count, bytes;
		__u64 sequential, random;
	} value;
};
