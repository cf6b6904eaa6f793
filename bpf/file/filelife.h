/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define FILELIFE_NAME 256	/* NAME_MAX and its NUL */

struct filelife_event {
	struct origin origin;
	__u64 age;		/* ns */
	char name[FILELIFE_NAME];
	__u32 path_len;		/* all that follows is there only where the path is shown */
	__u32 path_cut;
	char path[PATH_LEN + FILELIFE_NAME];
};
