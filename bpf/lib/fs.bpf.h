/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One type of file system's own functions for files, whatever their names are: user space finds them (user/lib/fs.c) and
 * attaches these programs there.  What several types share is told apart by the table that the file has.
 *
 *	ON_FS_CALL { ... call->ns, what, ret, call->dentry, call->offset, call->who ... }
 */
#ifndef FS_BPF_H
#define FS_BPF_H

#include "lib/filter.bpf.h"
#include "lib/fs.h"
#include "lib/origin.bpf.h"
#include "lib/probe.bpf.h"

const volatile __u64 fs_tables[FS_TABLES];	/* struct file_operations *; unused ones are 0 */
const volatile __u32 fs_getattr_args = 5;	/* 4 before 5.12: by kprobe then */

struct fs_begun {
	__u64 ns;		/* when it began; in ON_FS_CALL how long it took */
	__u64 dentry, mnt;
	__u64 offset;
	union {
		struct file *file;		/* of an FS_ATOMIC_OPEN */
		const struct origin *who;	/* in ON_FS_CALL: who began it, NULL for the current task */
	};
};

#define FMODE_OPENED 0x80000	/* include/linux/fs.h */

struct fs_key {
	__u32 tid;
	__u32 what;		/* a write may have an fsync in it, so each has its own */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct fs_key);
	__type(value, struct fs_begun);
} fs_begun SEC(".maps");

static __always_inline bool fs_is_ours(const bool direct, struct file *file)
{
	__u64 table = (__u64)READ(file, f_op);

#pragma unroll
	for (int i = 0; i < FS_TABLES; i++)
		if (fs_tables[i] && table == fs_tables[i])
			return true;
	return false;
}

static __always_inline int fs_begin(__u32 what, const struct fs_begun *from)
{
	struct fs_key key = { bpf_get_current_pid_tgid(), what };
	struct fs_begun begun = *from;

	begun.ns = bpf_ktime_get_ns();
	return map_put(&fs_begun, &key, &begun);
}

static __always_inline int fs_begin_file(const bool direct, __u32 what, struct file *file, __u64 offset)
{
	if (!filter_current() || !fs_is_ours(direct, file))
		return 0;
	return fs_begin(what, &(struct fs_begun){ .dentry = (__u64)READ(file, f_path.dentry), .mnt = (__u64)READ(file, f_path.mnt),
						  .offset = offset });
}

static __always_inline int fs_begin_kiocb(const bool direct, __u32 what, struct kiocb *iocb)
{
	return fs_begin_file(direct, what, READ(iocb, ki_filp), READ(iocb, ki_pos));
}

static __always_inline int fs_begin_getattr(const bool direct, const struct path *first, const struct path *second)
{
	const struct path *path;

	barrier_var(first);	/* else the compiler computes where in the context to read, which the verifier refuses */
	barrier_var(second);
	if (!filter_current())
		return 0;
	path = fs_getattr_args == 4 ? first : second;
	return fs_begin(FS_GETATTR, &(struct fs_begun){ .dentry = (__u64)BPF_CORE_READ(path, dentry),
							.mnt = (__u64)BPF_CORE_READ(path, mnt) });
}

/* Only the mount is known of the file that shall be opened. */
static __always_inline int fs_begin_atomic(const bool direct, struct dentry *dentry, struct file *file)
{
	if (!filter_current())
		return 0;
	return fs_begin(FS_ATOMIC_OPEN, &(struct fs_begun){ .dentry = (__u64)dentry, .mnt = (__u64)READ(file, f_path.mnt),
							    .file = file });
}

/* What has only been looked up is opened by itself. */
static __always_inline bool fs_opened(struct file *file)
{
	return BPF_CORE_READ(file, f_mode) & FMODE_OPENED;
}

static __always_inline bool fs_end(__u32 what, struct fs_begun *to)
{
	struct fs_key key = { bpf_get_current_pid_tgid(), what };
	struct fs_begun *begun = bpf_map_lookup_elem(&fs_begun, &key);

	if (!begun)
		return false;
	*to = *begun;
	to->ns = bpf_ktime_get_ns() - to->ns;
	bpf_map_delete_elem(&fs_begun, &key);
	return true;
}

/* What NFS commits: asked for by one task, done in another. */
struct fs_commit {
	struct fs_begun begun;
	struct origin who;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);	/* struct nfs_commit_data * */
	__type(value, struct fs_commit);
} fs_commits SEC(".maps");

/* In BTF of modules. */
struct nfs_open_context___any {
	struct dentry *dentry;
} __attribute__((preserve_access_index));

struct nfs_commit_data___any {
	struct nfs_open_context___any *context;
} __attribute__((preserve_access_index));

struct rpc_task___any {
	int tk_status;
} __attribute__((preserve_access_index));

/* The mounts of a file system: a list, or the first one of them since 6.18. */
struct super_block___list {
	struct list_head s_mounts;
} __attribute__((preserve_access_index));

struct super_block___first {
	struct mount___any *s_mounts;
} __attribute__((preserve_access_index));

struct mount___any {
	struct list_head mnt_instance;
	struct vfsmount mnt;
} __attribute__((preserve_access_index));

/* One of the mounts of the file system that a dentry is of. */
static __always_inline __u64 fs_a_mount(struct dentry *dentry)
{
	struct super_block___first *first = (void *)BPF_CORE_READ(dentry, d_sb);
	struct super_block___list *list = (void *)first;
	struct mount___any *mount = NULL;

	if (bpf_core_field_exists(first->s_mounts))
		mount = BPF_CORE_READ(first, s_mounts);
	else if (bpf_core_field_exists(mount->mnt_instance))
		mount = (void *)BPF_CORE_READ(list, s_mounts.next) - bpf_core_field_offset(mount->mnt_instance);
	return mount ? (__u64)mount + bpf_core_field_offset(mount->mnt) : 0;
}

static __always_inline int fs_commit_begin(__u64 id)
{
	struct nfs_commit_data___any *data = (void *)id;
	struct fs_commit commit = {};

	if (!filter_current())
		return 0;
	if (bpf_core_field_exists(data->context)) {
		commit.begun.dentry = (__u64)BPF_CORE_READ(data, context, dentry);
		commit.begun.mnt = fs_a_mount((void *)commit.begun.dentry);
	}
	origin_fill(&commit.who);
	commit.begun.ns = bpf_ktime_get_ns();
	return map_put(&fs_commits, &id, &commit);
}

static __always_inline long fs_commit_status(struct rpc_task___any *task)
{
	return bpf_core_field_exists(task->tk_status) ? BPF_CORE_READ(task, tk_status) : 0;
}

/* Named FROM__CALL: user space chooses one of the two ways for each call. */
#define ___FS_PROGRAMS(name, what, args, BEGIN)				\
SEC("?fentry") int off__fentry_##name(unsigned long long *ctx)		\
{									\
	BEGIN(true, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2]);	\
	return 0;							\
}									\
SEC("?kprobe") int off__kprobe_##name(struct pt_regs *ctx)		\
{									\
	BEGIN(false, (void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx), (void *)PT_REGS_PARM3(ctx)); \
	return 0;							\
}									\
SEC("?fexit") int off__fexit_##name(unsigned long long *ctx)		\
{									\
	fs_ended(what, ctx[args]);					\
	return 0;	/* the verifier wants no other */		\
}									\
SEC("?kretprobe") int off__kretprobe_##name(struct pt_regs *ctx)	\
{									\
	fs_ended(what, PT_REGS_RC(ctx));				\
	return 0;							\
}

#define ___FS_READ(direct, iocb, iter, none)	fs_begin_kiocb(direct, FS_READ, iocb)
#define ___FS_WRITE(direct, iocb, iter, none)	fs_begin_kiocb(direct, FS_WRITE, iocb)
#define ___FS_OPEN(direct, inode, file, none)	fs_begin_file(direct, FS_OPEN, file, 0)
#define ___FS_FSYNC(direct, file, start, end)	fs_begin_file(direct, FS_FSYNC, file, (__u64)(start))
#define ___FS_GETATTR(direct, first, second, mask) fs_begin_getattr(direct, first, second)
#define ___FS_ATOMIC_OPEN(direct, inode, dentry, file) fs_begin_atomic(direct, dentry, file)

#define ON_FS_CALL							\
static __always_inline int fs_call(struct fs_begun *call, __u32 what, long ret); \
static __always_inline int fs_ended(__u32 what, long ret)		\
{									\
	struct fs_begun call;						\
									\
	if (!fs_end(what, &call))					\
		return 0;						\
	if (what == FS_ATOMIC_OPEN && !ret && !fs_opened(call.file))	\
		return 0;						\
	call.who = NULL;						\
	return fs_call(&call, what == FS_ATOMIC_OPEN ? FS_OPEN : what, ret); \
}									\
___FS_PROGRAMS(read, FS_READ, 2, ___FS_READ)				\
___FS_PROGRAMS(write, FS_WRITE, 2, ___FS_WRITE)				\
___FS_PROGRAMS(open, FS_OPEN, 2, ___FS_OPEN)				\
___FS_PROGRAMS(fsync, FS_FSYNC, 4, ___FS_FSYNC)				\
___FS_PROGRAMS(getattr, FS_GETATTR, 5, ___FS_GETATTR)			\
___FS_PROGRAMS(atomic_open, FS_ATOMIC_OPEN, 5, ___FS_ATOMIC_OPEN)	\
SEC("?raw_tp/nfs_initiate_commit")					\
int off__commit(__u64 *ctx)						\
{									\
	return fs_commit_begin(ctx[0]);					\
}									\
SEC("?raw_tp/nfs_commit_done")						\
int off__committed(__u64 *ctx)						\
{									\
	__u64 id = ctx[1];						\
	struct fs_commit *commit = bpf_map_lookup_elem(&fs_commits, &id); \
	struct fs_begun call;						\
									\
	if (!commit)							\
		return 0;						\
	call = commit->begun;						\
	call.ns = bpf_ktime_get_ns() - call.ns;				\
	call.who = &commit->who;					\
	fs_call(&call, FS_COMMIT, fs_commit_status((void *)ctx[0]));	\
	bpf_map_delete_elem(&fs_commits, &id);				\
	return 0;							\
}									\
/* A probe of a return may be missed, where too many wait for theirs. */ \
SEC("raw_tp/sched_process_exit")					\
int fs_exit(void *ctx)							\
{									\
	struct fs_key key = { bpf_get_current_pid_tgid(), 0 };		\
									\
	_Pragma("unroll")						\
	for (int what = 0; what < FS_CALLS; what++) {			\
		key.what = what;					\
		bpf_map_delete_elem(&fs_begun, &key);			\
	}								\
	return 0;							\
}									\
static __always_inline int fs_call(struct fs_begun *call, __u32 what, long ret)

#endif
