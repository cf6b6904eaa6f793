/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct slabratetop_row {
	__u64 cache;		/* its address */
	struct slabratetop_value {
		__u64 count, bytes;
		__u64 size;	/* of an object */
		char name[32];
	} value;
};
