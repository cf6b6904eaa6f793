/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The shared filters for a task that is not the current one: needs CO-RE, and `direct` in scope. */
#ifndef TASK_BPF_H
#define TASK_BPF_H

#include "lib/filter.bpf.h"

#define CGROUP_DEPTH 32

static __always_inline bool filter_task_cgroup(const bool direct, struct task_struct *task)
{
	struct cgroup *cgroup = READ(task, cgroups, dfl_cgrp);

	for (int i = 0; i < CGROUP_DEPTH && cgroup; i++) {
		struct cgroup_subsys_state *above;

		if (filter_has(ONLY_CGROUPS, BPF_CORE_READ(cgroup, kn, id)))
			return true;
		above = BPF_CORE_READ(cgroup, self.parent);
		if (!above)
			break;
		cgroup = BPF_CORE_READ(above, cgroup);
	}
	return false;
}

static __always_inline bool filter_task_slow(const bool direct, struct task_struct *task)
{
	if (common.filters & ONLY_UIDS && !filter_has(ONLY_UIDS, READ(task, cred, uid.val)))
		return false;
	if (common.filters & ONLY_COMM) {
		char comm[COMM_LEN];

		bpf_probe_read_kernel_str(comm, sizeof(comm), &task->comm);
		if (!filter_comm(comm))
			return false;
	}
	return !common.cgroups || filter_task_cgroup(direct, task);
}

static __always_inline bool filter_task(const bool direct, struct task_struct *task)
{
	return filter_ids(READ(task, tgid), READ(task, pid)) && filter_task_slow(direct, task);
}

/* What is counted by process goes by the id and name of its leader, else by the task's own. */
static __always_inline void task_name(const bool direct, struct task_struct *task, bool process, __u32 *id, char *comm)
{
	struct task_struct *named = process ? READ(task, group_leader) : task;

	*id = process ? READ(task, tgid) : READ(task, pid);
	bpf_probe_read_kernel_str(comm, COMM_LEN, &named->comm);
}

/* An id as the tool's user sees it; 0 when it is outside of his pid namespace. */
static __always_inline __u32 pid_here(struct pid *pid)
{
	__u32 level = BPF_CORE_READ(pid, level);

	for (__u32 i = 0; i <= 32 && i <= level; i++) {		/* MAX_PID_NS_LEVEL */
		struct upid id = {};

		bpf_core_read(&id, sizeof(id), &pid->numbers[i]);
		if (BPF_CORE_READ(id.ns, ns.inum) == common.pidns_ino)
			return id.nr;
	}
	return 0;
}

static __always_inline __u32 task_tgid(struct task_struct *task)
{
	return common.pidns_ino ? pid_here(BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID])) : BPF_CORE_READ(task, tgid);
}

static __always_inline __u32 task_tid(struct task_struct *task)
{
	return common.pidns_ino ? pid_here(BPF_CORE_READ(task, thread_pid)) : BPF_CORE_READ(task, pid);
}

#endif
