// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/probe.bpf.h"
#include "filelife.h"

#define FMODE_CREATED 0x100000	/* include/linux/fs.h */

const volatile bool want_path;

struct birth {
	__u64 time;
	unsigned long mnt;	/* struct vfsmount; 0: not known */
};

/* The files made since the start, by struct inode; gone when that is, so that its memory can be another's. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct birth);
} births SEC(".maps");

/* Those that are being unlinked, by struct dentry: it has lost its inode when the call returns. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u64);
} going SEC(".maps");

/* What renames are to replace, by thread: at its return the call's arguments are not known everywhere. */
struct renaming {
	__u64 inode;
	__u64 dentry;		/* has the name until the call's end */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct renaming);
} renames SEC(".maps");

static __always_inline int born(__u64 inode, unsigned long mnt)
{
	struct birth birth = { bpf_ktime_get_boot_ns(), mnt };

	return inode ? map_put(&births, &inode, &birth) : 0;
}

/* open(2) that made a file: seen where every file system comes by, also those that create and open in one. */
static __always_inline int opened(const bool direct, struct file *file)
{
	if (READ(file, f_mode) & FMODE_CREATED)
		return born((__u64)READ(file, f_inode), (unsigned long)READ(file, f_path.mnt));
	return 0;
}

ON_CALL_AS(open__security, security_file_open, struct file *file)
{
	return opened(direct, file);
}

ON_CALL_AS(open__vfs, vfs_open, const struct path *path, struct file *file)
{
	if (READ(file, f_mode) & FMODE_CREATED)
		return born((__u64)READ(path, dentry, d_inode), (unsigned long)READ(path, mnt));
	return 0;
}

/*
 * mknod(2), and what lies below overlayfs or is made by nfsd.  Before 5.12 without the first argument,
 * since 6.19 without the directory: the dentry is the second where there are four.
 */
ON_RETURN_AS(create__args5, vfs_create, void *idmap, struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return ret ? 0 : born((__u64)READ(dentry, d_inode), 0);
}

ON_RETURN_AS(create__args4, vfs_create, void *first, struct dentry *dentry, umode_t mode, void *last)
{
	return ret ? 0 : born((__u64)READ(dentry, d_inode), 0);
}

static __always_inline int unlinking(const bool direct, struct dentry *dentry)
{
	__u64 inode = (__u64)READ(dentry, d_inode), key = (__u64)dentry;

	if (!bpf_map_lookup_elem(&births, &inode))
		return 0;
	return map_put(&going, &key, &inode);
}

static __always_inline int gone(const bool direct, __u64 key, struct dentry *dentry, long ret)
{
	__u64 inode, *found = bpf_map_lookup_elem(&going, &key);
	struct filelife_event *e;
	struct birth *birth;
	unsigned long mnt;
	__u64 time;

	if (!found)
		return 0;
	inode = *found;
	bpf_map_delete_elem(&going, &key);
	/* The caller holds the inode; with a name left it lives on. */
	if (ret || BPF_CORE_READ((struct inode *)inode, i_nlink))
		return 0;
	birth = bpf_map_lookup_elem(&births, &inode);
	if (!birth)
		return 0;
	time = birth->time;
	mnt = birth->mnt;
	bpf_map_delete_elem(&births, &inode);
	if (!filter_current())
		return 0;
	e = event_reserve_bytes(want_path ? sizeof(*e) : offsetof(struct filelife_event, path_len));
	if (!e)
		return 0;
	e->age = e->origin.time - time;
	bpf_probe_read_kernel_str(e->name, sizeof(e->name), READ(dentry, d_name.name));
	if (want_path)
		path_names(e->path, mnt, (unsigned long)dentry, &e->path_len, &e->path_cut);
	event_submit_bytes(e, want_path ? sizeof(*e) : offsetof(struct filelife_event, path_len));
	return 0;
}

static __always_inline int unlinked(const bool direct, struct dentry *dentry, long ret)
{
	return gone(direct, (__u64)dentry, dentry, ret);
}

/* 5.12 put the mount's user namespace first, 6.3 its id map. */
ON_CALL_AS(unlink__args4, vfs_unlink, void *idmap, struct inode *dir, struct dentry *dentry)
{
	return unlinking(direct, dentry);
}

ON_CALL_AS(unlink__args3, vfs_unlink, struct inode *dir, struct dentry *dentry)
{
	return unlinking(direct, dentry);
}

ON_RETURN_AS(unlinked__args4, vfs_unlink, void *idmap, struct inode *dir, struct dentry *dentry, void *delegated)
{
	return unlinked(direct, dentry, ret);
}

ON_RETURN_AS(unlinked__args3, vfs_unlink, struct inode *dir, struct dentry *dentry, void *delegated)
{
	return unlinked(direct, dentry, ret);
}

#define RENAME_EXCHANGE 2	/* include/uapi/linux/fs.h: both live on */

static __always_inline int renaming(struct dentry *dentry, __u32 flags)
{
	struct renaming to = { (__u64)BPF_CORE_READ(dentry, d_inode), (__u64)dentry };
	__u32 tid = bpf_get_current_pid_tgid();

	if (!to.inode || flags & RENAME_EXCHANGE || !bpf_map_lookup_elem(&births, &to.inode))
		return 0;
	return map_put(&going, &to.dentry, &to.inode) ?: map_put(&renames, &tid, &to);
}

static __always_inline int renamed(long ret)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct renaming *found = bpf_map_lookup_elem(&renames, &tid);
	struct dentry *dentry;

	if (!found)
		return 0;
	dentry = (void *)found->dentry;
	bpf_map_delete_elem(&renames, &tid);
	return gone(false, (__u64)dentry, dentry, (int)ret);
}

/* Since 5.12 all arguments are in one struct. */
ON_CALL_AS(rename__args1, vfs_rename, struct renamedata *data)
{
	return renaming(BPF_CORE_READ(data, new_dentry), BPF_CORE_READ(data, flags));
}

ON_CALL_AS(rename__args6, vfs_rename, struct inode *from, struct dentry *old, struct inode *to, struct dentry *dentry)
{
	return renaming(dentry, 0);	/* its flags come sixth: after an exchange both have their names */
}

#define ON_RENAMED(args)						\
SEC("?fexit/vfs_rename")						\
int fexit__renamed__args##args(unsigned long long *ctx)			\
{									\
	renamed(ctx[args]);						\
	return 0;							\
}									\
SEC("?kretprobe/vfs_rename")						\
int kretprobe__renamed__args##args(struct pt_regs *ctx)			\
{									\
	renamed(PT_REGS_RC(ctx));					\
	return 0;							\
}

ON_RENAMED(1)
ON_RENAMED(6)

ON_CALL_AS(evict, __destroy_inode, struct inode *inode)
{
	__u64 key = (__u64)inode;

	bpf_map_delete_elem(&births, &key);
	return 0;
}
