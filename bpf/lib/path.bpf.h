/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file's full path, across mounts, up to the task's root: its names from the last to
 * the first, each with its NUL; user space turns them round (path_write).  Offsets come
 * from user space (path_setup), so that a tool needs no CO-RE where nobody asks for paths.
 */
#ifndef PATH_BPF_H
#define PATH_BPF_H

#include "lib/path.h"

#define PATH_PARTS 64
#define PATH_NAME  256	/* NAME_MAX and its NUL */

const volatile struct path_offsets path_offsets;

static __always_inline unsigned long path_follow(unsigned long from, __u32 offset)
{
	unsigned long to = 0;

	bpf_probe_read_kernel(&to, sizeof(to), (void *)(from + offset));
	return to;
}

/*
 * *len becomes the number of bytes at `to`, which has room for PATH_LEN + PATH_NAME; *cut
 * is set when there are more names.  The length is kept in memory, where the verifier
 * forgets its value: it then sees one state for each turn of the loop, not one for each path.
 */
static __always_inline void path_names(char *to, unsigned long mnt, unsigned long dentry, volatile __u32 *len,
				       __u32 *cut)
{
	unsigned long fs = path_follow(bpf_get_current_task(), path_offsets.task_fs);
	unsigned long root_mnt = path_follow(fs, path_offsets.fs_root + path_offsets.path_mnt);
	unsigned long root_dentry = path_follow(fs, path_offsets.fs_root + path_offsets.path_dentry);

	*len = 0;
	*cut = 1;
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_PARTS; i++) {
		unsigned long parent, name;
		__u64 at;
		long n;

		if (mnt == root_mnt && dentry == root_dentry) {
			*cut = 0;
			break;
		}
		parent = path_follow(dentry, path_offsets.dentry_parent);
		if (dentry == path_follow(mnt, path_offsets.vfsmount_root) || dentry == parent) {
			unsigned long mount = mnt - path_offsets.mount_mnt;
			unsigned long above = path_follow(mount, path_offsets.mount_parent);

			if (above == mount || !above) {
				*cut = 0;
				break;
			}
			dentry = path_follow(mount, path_offsets.mount_mountpoint);
			mnt = above + path_offsets.mount_mnt;
			continue;
		}
		name = path_follow(dentry, path_offsets.dentry_name);
		at = *len;	/* only now: before 5.16 its bounds are forgotten on the stack */
		if (at > PATH_LEN)
			break;
		n = bpf_probe_read_kernel_str(to + at, PATH_NAME, (void *)name);
		if (n < 1)
			break;
		*len = at + n;
		dentry = parent;
	}
}

/* By a struct path; what is in no folder, as a file of memfd_create(2), has but a name. */
static __always_inline void path_of(char *to, unsigned long path, volatile __u32 *len, __u32 *cut)
{
	unsigned long mnt = path_follow(path, path_offsets.path_mnt);
	unsigned long dentry = path_follow(path, path_offsets.path_dentry);
	unsigned long parent = path_follow(dentry, path_offsets.dentry_parent);
	long n;

	if (dentry == parent && dentry != path_follow(mnt, path_offsets.vfsmount_root)) {
		n = bpf_probe_read_kernel_str(to, PATH_NAME, (void *)path_follow(dentry, path_offsets.dentry_name));
		*len = n < 1 ? 0 : n;
		*cut = 0;
		return;
	}
	path_names(to, mnt, dentry, len, cut);
}

/* The path of an open file, by its struct file. */
static __always_inline void path_of_file(char *to, unsigned long file, volatile __u32 *len, __u32 *cut)
{
	path_of(to, file + path_offsets.file_path, len, cut);
}

/* The struct file of one of the current task's descriptors. */
static __always_inline unsigned long path_file(__u32 fd)
{
	unsigned long files = path_follow(bpf_get_current_task(), path_offsets.task_files);
	unsigned long table = path_follow(path_follow(files, path_offsets.files_fdt), path_offsets.fdt_fd);

	return path_follow(table + fd * sizeof(long), 0);
}

/* Where a relative path begins, a struct path: a descriptor of the current task's, or its working directory. */
static __always_inline unsigned long path_base(__s32 dirfd)
{
	if (dirfd == -100)	/* AT_FDCWD */
		return path_follow(bpf_get_current_task(), path_offsets.task_fs) + path_offsets.fs_pwd;
	return path_file(dirfd) + path_offsets.file_path;
}

static __always_inline void path_of_base(char *to, __s32 dirfd, volatile __u32 *len, __u32 *cut)
{
	path_of(to, path_base(dirfd), len, cut);
}

/* One step up, across mounts: to the folder around it, from the root of a mount to what that covers, or none. */
enum path_step { PATH_TOP, PATH_COVERED, PATH_PARENT };

static __always_inline enum path_step path_up(unsigned long *mnt, unsigned long *dentry)
{
	unsigned long parent = path_follow(*dentry, path_offsets.dentry_parent), mount, above;

	if (*dentry != path_follow(*mnt, path_offsets.vfsmount_root) && *dentry != parent) {
		*dentry = parent;
		return PATH_PARENT;
	}
	mount = *mnt - path_offsets.mount_mnt;
	above = path_follow(mount, path_offsets.mount_parent);
	if (above == mount || !above)
		return PATH_TOP;
	*dentry = path_follow(mount, path_offsets.mount_mountpoint);
	*mnt = above + path_offsets.mount_mnt;
	return PATH_COVERED;
}

/* Where a call was told to look: by a path of the caller's, from a descriptor or the working directory. */
struct path_start {
	__s32 dirfd;
	unsigned long path;
};

/* The i-th of a pair, at `at` of its data; where the next one goes. `whole`: also where it begins, if it is relative. */
static __always_inline __u32 path_pair_add(struct path_pair *pair, int i, const struct path_start *from, __u32 at, bool whole)
{
	char *to = pair->data + (at & (4 * PATH_LEN - 1));
	long n = read_user_str(to, PATH_LEN, from->path);

	if (n < 1 || n > PATH_LEN) {
		*to = 0;
		n = 1;
	}
	pair->len[i] = n;
	at += n;
	pair->base_len[i] = pair->cut[i] = 0;
	if (whole && *to != '/') {
		path_of_base(pair->data + (at & (4 * PATH_LEN - 1)), from->dirfd, &pair->base_len[i], &pair->cut[i]);
		at += pair->base_len[i] & 0x1fff;
	}
	return at;
}

#endif
