/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define FSSLOWER_NAME 256	/* NAME_MAX and its NUL */

struct fsslower_event {
	struct origin origin;
	__u64 latency;		/* ns */
	__u64 offset;
	__s64 ret;		/* bytes, 0 or -errno */
	__u32 call;		/* enum fs_call */
	__u32 path_len;		/* path, path_len and path_cut are there only where the path is shown */
	char name[FSSLOWER_NAME];
	__u32 path_cut, pad;
	char path[PATH_LEN + FSSLOWER_NAME];
};
