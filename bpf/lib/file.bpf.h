/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Open files by CO-RE: which one a descriptor is, and what identifies it. */
#ifndef FILE_BPF_H
#define FILE_BPF_H

#define S_IFMT	0170000
#define S_IFREG 0100000
#if defined(__TARGET_ARCH_arm64)
#define O_DIRECT 0200000
#elif defined(__TARGET_ARCH_powerpc)
#define O_DIRECT 0400000
#else
#define O_DIRECT 040000
#endif

/* The current task's; a descriptor that isn't open gives anything, so ask only when the call has succeeded. */
static __always_inline struct file *file_of(__u32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file **table = BPF_CORE_READ(task, files, fdt, fd), *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), table + fd);
	return file;
}

#define file_mode(file)	 BPF_CORE_READ(file, f_inode, i_mode)
#define file_inode(file) BPF_CORE_READ(file, f_inode, i_ino)
#define file_dev(file)	 BPF_CORE_READ(file, f_inode, i_sb, s_dev)

struct dentry___alias_apart {
	struct hlist_node d_alias;	/* since 7.1 */
} __attribute__((preserve_access_index));

struct dentry___alias_inside {
	union {
		struct hlist_node d_alias;
	} d_u;
} __attribute__((preserve_access_index));

/* One of the last names of an inode: "" where the kernel has none in memory. */
static __always_inline void inode_name(char *to, __u32 size, struct inode *inode)
{
	void *alias = BPF_CORE_READ(inode, i_dentry.first);
	struct dentry___alias_apart *apart = NULL;

	*to = 0;
	if (!alias)
		return;
	alias -= bpf_core_field_exists(apart->d_alias) ? bpf_core_field_offset(struct dentry___alias_apart, d_alias) :
							 bpf_core_field_offset(struct dentry___alias_inside, d_u.d_alias);
	bpf_probe_read_kernel_str(to, size, BPF_CORE_READ((struct dentry *)alias, d_name.name));
}

/* Its last name. */
static __always_inline void file_name(char *to, __u32 size, struct file *file)
{
	bpf_probe_read_kernel_str(to, size, BPF_CORE_READ(file, f_path.dentry, d_name.name));
}

#endif
