/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum { VFS_READ, VFS_WRITE, VFS_FSYNC, VFS_OPEN, VFS_CREATE, VFS_UNLINK, VFS_MKDIR, VFS_RMDIR, VFS_CALLS };

struct vfsstat_row {
	__u32 slot;		/* one for each CPU */
	__u32 pad;
	struct vfsstat_value {
		__u64 calls[VFS_CALLS];
	} value;
};
