/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define STATSNOOP_NO_FD (-101)	/* not AT_FDCWD, which is -100 */

struct statsnoop_event {
	struct origin origin;
	__s32 ret;		/* 0 or -errno */
	__s32 fd;		/* given, or where a relative path begins */
	__u32 call;		/* number; NAMES_32 of user/lib/names.h for a 32-bit program's */
	__u32 path_len;		/* with its NUL; 0: none was given.  The names of where it begins follow it */
	__u32 base_len;
	__u32 cut;
	char path[3 * PATH_LEN + 512];
};
