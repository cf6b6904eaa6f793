/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct opensnoop_event {
	struct origin origin;
	__s32 ret;		/* the descriptor, or -errno */
	__s32 dirfd;
	__u64 flags;
	__u32 mode;		/* as given; it counts only where a file may be made */
	__u32 path_len;		/* with its NUL; the names of the full path follow it in `path` */
	__u32 names_len;
	__u32 cut;		/* the full path has more names */
	char path[3 * PATH_LEN + 512];
};
