/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef FS_H
#define FS_H

/*
 * FS_ATOMIC_OPEN is an open in one with its look-up, as NFS and FUSE have it: shown as an open. FS_COMMIT is no function,
 * but what an NFS client asks of its server: that what it wrote be on its disk.
 */
enum fs_call { FS_READ, FS_WRITE, FS_OPEN, FS_FSYNC, FS_GETATTR, FS_ATOMIC_OPEN, FS_CALLS, FS_COMMIT = FS_CALLS };

#define FS_TABLES 8	/* of operations on regular files that one type of file system may have */

#endif
