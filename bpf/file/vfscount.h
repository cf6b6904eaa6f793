/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct vfscount_row {
	__u64 address;
	struct vfscount_value {
		__u64 count;
	} value;
	__u32 name, pad;	/* filled by user space */
};
