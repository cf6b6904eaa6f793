/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/data.h"

#define UNDUMP_PATH 108		/* sizeof(sun_path) */

struct undump_event {
	struct origin origin;	/* who received it */
	__u64 inode;		/* of the socket */
	__u32 type;		/* SOCK_STREAM ... */
	__u32 path_len;
	char path[UNDUMP_PATH];	/* that the socket is bound to, or else its peer; it may begin with a NUL */
	__u32 fd;
	struct data data;
};
