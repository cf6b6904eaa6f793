/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct biosnoop_event {
	struct origin origin;
	__u64 sector;
	__u64 queued, latency;	/* ns: until it was given to the driver, and from there */
	__u32 disk;		/* major << 20 | minor */
	__u32 flags;		/* request.cmd_flags */
	__u32 bytes;
	__s32 error;		/* negative, or a blk_status_t */
	__u32 order;		/* enum block_order */
	__u32 pad;
};
