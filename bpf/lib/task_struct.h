/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The members of task_struct that tools read, in no order: CO-RE finds them by name.  A whole
 * one would put 40 KB of types into each object that mentions it, and into the kernel at its
 * load.  A tool that needs another member adds its line, as vmlinux.h has it.
 */
#ifndef TASK_STRUCT_H
#define TASK_STRUCT_H

struct task_struct {
	unsigned int __state;
	unsigned int flags;
	int on_cpu;
	int exit_code;
	unsigned in_iowait: 1;
	unsigned in_memstall: 1;
	unsigned long min_flt;
	unsigned long maj_flt;
	pid_t pid;
	pid_t tgid;
	char comm[16];
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	const struct cred *cred;
	struct mm_struct *mm;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct pid *thread_pid;
	u64 start_time;
	u64 start_boottime;
} __attribute__((preserve_access_index));

#endif
