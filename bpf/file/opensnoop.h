/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct opensnoop_event {
	struct origin origin;
	__s32 ret;		/* the descriptor, or -errno */
	__s32 dirfd;
	__u32 flags;
	__u32 mode;		/* as given; 0 unless a file may be made */
	__u32 path_len;		/* with its NUL; the resolved path's parts follow it */
	__u32 cut;		/* the resolved path has more parts than were read */
	char path[PATH_LEN];
};
