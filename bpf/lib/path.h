/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PATH_H
#define PATH_H

#include "lib/shared.h"

/* Where struct members are in this kernel: bytes. */
struct path_offsets {
	__u32 task_files, files_fdt, fdt_fd;
	__u32 task_fs, fs_root, fs_pwd;
	__u32 file_path, path_mnt, path_dentry;
	__u32 dentry_parent, dentry_name;
	__u32 mount_mnt, mount_parent, mount_mountpoint;
	__u32 vfsmount_root;
};

/* Up to two paths of a call, in `data`: as it was given, with its NUL, then the names of where it begins. */
struct path_pair {
	__u32 len[2], base_len[2], cut[2];
	char data[5 * PATH_LEN + 512];
};

#endif
