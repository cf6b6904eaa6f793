// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/task.bpf.h"
#include "numasched.h"

/* The node that each thread ran on last. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u32);
} nodes SEC(".maps");

static __always_inline void tell(const bool direct, struct task_struct *task, __u32 from, __u32 to)
{
	struct numasched_event *e = event_reserve(struct numasched_event);

	if (!e)
		return;
	e->origin.pid = task_tgid(task);
	e->origin.tid = task_tid(task);
	e->origin.uid = READ(task, cred, uid.val);
	e->origin.cgroup = common.want_cgroup ? READ(task, cgroups, dfl_cgrp, kn, id) : 0;
	bpf_probe_read_kernel_str(e->origin.comm, sizeof(e->origin.comm), &task->comm);
	e->from = from;
	e->to = to;
	event_submit(e);
}

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 tid = READ(next, pid), node = bpf_get_numa_node_id(), *last;

	if (!tid || !filter_task(direct, next))		/* 0: the idle tasks */
		return 0;
	last = bpf_map_lookup_elem(&nodes, &tid);
	if (!last) {
		map_put(&nodes, &tid, &node);
	} else if (*last != node) {
		tell(direct, next, *last, node);
		*last = node;
	}
	return 0;
}

/* As they are freed: they run for a while after their exit. */
ON_TRACE(sched_process_free, struct task_struct *task)
{
	__u32 tid = READ(task, pid);

	bpf_map_delete_elem(&nodes, &tid);
	return 0;
}
