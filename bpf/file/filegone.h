/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/path.h"

enum filegone_action { GONE_DELETE, GONE_RMDIR, GONE_RENAME, GONE_EXCHANGE };

struct filegone_event {
	struct origin origin;
	__s32 ret;		/* 0 or -errno */
	__u32 action;		/* enum filegone_action */
	struct path_pair paths;
};
