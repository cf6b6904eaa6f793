/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct fileslower_event {
	struct origin origin;
	__u64 latency;		/* ns */
	__s64 ret;		/* bytes, or -errno */
	__u64 offset;
	__u32 mode;		/* of the inode */
	__u32 is_write;
	__u32 names_len, cut;	/* of `names`: the full path's, or of the file's name only */
	char names[2 * PATH_LEN];
};
