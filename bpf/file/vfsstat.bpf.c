// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/count.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "vfsstat.h"

#define FMODE_CREATED 0x100000	/* include/linux/fs.h */

COUNTERS(calls, struct vfsstat_value);

/* Atomic, although each CPU has its own: programs of kernel functions can be moved to another one meanwhile. */
static __always_inline int count(__u32 call)
{
	struct vfsstat_value *value;

	if (!filter_current())
		return 0;
	value = counter(calls, 1, 0);
	if (value)
		add(&value->calls[call], 1);
	return 0;
}

#define COUNT(group, func, call)					\
ON_CALL_AS(group, func, void *unused)					\
{									\
	return count(call);						\
}

COUNT(read, vfs_read, VFS_READ)
COUNT(write, vfs_write, VFS_WRITE)
COUNT(create, vfs_create, VFS_CREATE)
COUNT(unlink, vfs_unlink, VFS_UNLINK)
COUNT(mkdir, vfs_mkdir, VFS_MKDIR)
/* rmdir(2) has a copy of its own of vfs_rmdir(), or of its beginning. */
COUNT(rmdir__security, security_inode_rmdir, VFS_RMDIR)
COUNT(rmdir__vfs, vfs_rmdir, VFS_RMDIR)

/*
 * Of do_fsync(), vfs_fsync() and vfs_fsync_range() each may call the next or have a copy of it, as the compiler likes:
 * what is inside of a call isn't counted again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);	/* thread */
	__type(value, __u32);	/* which of them is the outermost */
} syncing SEC(".maps");

static __always_inline int sync_begins(__u32 which)
{
	__u32 tid = bpf_get_current_pid_tgid();

	if (bpf_map_lookup_elem(&syncing, &tid))
		return 0;
	count(VFS_FSYNC);
	return which ? map_put(&syncing, &tid, &which) : 0;
}

static __always_inline int sync_ends(__u32 which)
{
	__u32 tid = bpf_get_current_pid_tgid(), *outermost = bpf_map_lookup_elem(&syncing, &tid);

	return outermost && *outermost == which ? bpf_map_delete_elem(&syncing, &tid) : 0;
}

ON_CALL_AS(fsync, do_fsync, void *unused)
{
	return sync_begins(1);
}

ON_RETURN_AS(fsynced, do_fsync, void *unused, int datasync)
{
	return sync_ends(1);
}

ON_CALL_AS(vfs, vfs_fsync, void *unused)
{
	return sync_begins(2);
}

ON_RETURN_AS(done, vfs_fsync, void *unused, int datasync)
{
	return sync_ends(2);
}

ON_CALL_AS(range, vfs_fsync_range, void *unused)
{
	return sync_begins(0);
}

/* open(2) makes files without vfs_create(). */
static __always_inline int opened(const bool direct, struct file *file)
{
	count(VFS_OPEN);
	return READ(file, f_mode) & FMODE_CREATED ? count(VFS_CREATE) : 0;
}

ON_CALL_AS(open__security, security_file_open, struct file *file)
{
	return opened(direct, file);
}

ON_CALL_AS(open__vfs, vfs_open, const struct path *path, struct file *file)
{
	return opened(direct, file);
}
