/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct dcstat_row {
	__u32 slot;		/* one for each CPU */
	__u32 pad;
	struct dcstat_value {
		__u64 references, slow, misses;
	} value;
};
