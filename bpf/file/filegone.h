/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum filegone_action { GONE_DELETE, GONE_RMDIR, GONE_RENAME, GONE_EXCHANGE };

/* In `data`: a path as it was given, with its NUL, then the names of where it begins; of a rename another such pair. */
struct filegone_event {
	struct origin origin;
	__s32 ret;		/* 0 or -errno */
	__u32 action;		/* enum filegone_action */
	__u32 len[2], base_len[2], cut[2];
	char data[5 * PATH_LEN + 512];
};
