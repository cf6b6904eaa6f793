// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/file.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/readwrite.bpf.h"
#include "dirtop.h"

/* The folders that were asked for, by what identifies them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DIRTOP_DIRS);
	__type(key, struct dirtop_dir);
	__type(value, __u32);
} wanted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DIRTOP_DIRS);
	__type(key, __u32);
	__type(value, struct dirtop_value);
} dirs SEC(".maps");

static __always_inline void count(__u32 dir, bool read, __u64 bytes)
{
	static const struct dirtop_value zero;
	struct dirtop_value *value = map_get_or_init(&dirs, &dir, &zero);

	if (!value)
		return;
	add(read ? &value->reads : &value->writes, 1);
	add(read ? &value->read_bytes : &value->write_bytes, bytes);
}

/* Each folder above the file, across mounts: it counts for all of them that were asked for. */
ON_SYSCALL_IF(READS_OR_WRITES(nr))
{
	unsigned long mnt, dentry;
	bool read = is_read(call);
	struct file *file;

	if (call->ret < 0 || (!read && !is_write(call)) || !filter_current())
		return 0;
	file = file_of(call->arg[0]);
	if ((file_mode(file) & S_IFMT) != S_IFREG)
		return 0;
	mnt = path_follow((unsigned long)file + path_offsets.file_path, path_offsets.path_mnt);
	dentry = path_follow((unsigned long)file + path_offsets.file_path, path_offsets.path_dentry);
#pragma clang loop unroll(disable)
	for (int i = 0; i < DIRTOP_DEPTH; i++) {
		struct dirtop_dir key = {};
		struct inode *inode;
		__u32 *dir;
		enum path_step step = path_up(&mnt, &dentry);

		if (step == PATH_TOP)
			return 0;
		if (step == PATH_COVERED)
			continue;
		inode = BPF_CORE_READ((struct dentry *)dentry, d_inode);
		key.inode = BPF_CORE_READ(inode, i_ino);
		key.dev = BPF_CORE_READ(inode, i_sb, s_dev);
		dir = bpf_map_lookup_elem(&wanted, &key);
		if (dir)
			count(*dir, read, call->ret);
	}
	return 0;
}
