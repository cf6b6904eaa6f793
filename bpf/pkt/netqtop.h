/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define NETQTOP_SIZES 6	/* up to 64, 512, 2k, 16k, 64k bytes, and more */

struct netqtop_row {
	struct netqtop_key {
		__u32 netns, index;	/* of the interface */
		__u32 queue;
		__u32 receives;
	} key;
	struct netqtop_value {
		__u64 bytes;
		__u64 size[NETQTOP_SIZES];	/* packets */
		char name[16];
	} value;
	__u64 packets;		/* filled by user space */
};
