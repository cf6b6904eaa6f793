/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is asked of tasks other than the current one. */
#ifndef TASK_BPF_H
#define TASK_BPF_H

/* A task's process id as the tool's user sees it; 0 when it is outside of his pid namespace. */
static __always_inline __u32 task_tgid(struct task_struct *task)
{
	struct pid *pid;
	__u32 level;

	if (!common.pidns_ino)
		return BPF_CORE_READ(task, tgid);
	pid = BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]);
	level = BPF_CORE_READ(pid, level);
	for (__u32 i = 0; i <= 32 && i <= level; i++) {		/* MAX_PID_NS_LEVEL */
		struct upid id = {};

		bpf_core_read(&id, sizeof(id), &pid->numbers[i]);
		if (BPF_CORE_READ(id.ns, ns.inum) == common.pidns_ino)
			return id.nr;
	}
	return 0;
}

#endif
