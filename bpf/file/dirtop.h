/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define DIRTOP_DIRS 64
#define DIRTOP_DEPTH 64		/* folders between a file and the one that was asked for */

struct dirtop_dir {
	__u64 inode;
	__u32 dev;		/* major << 20 | minor */
	__u32 pad;
};

struct dirtop_row {
	__u32 dir;		/* as they were given */
	__u32 pad;
	struct dirtop_value {
		__u64 reads, writes;
		__u64 read_bytes, write_bytes;
	} value;
	__u64 bytes;		/* filled by user space */
};
