// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/task.bpf.h"
#include "lib/exit.bpf.h"
#include "proctree.h"

/*
 * For execs: one record for each CPU; a per-CPU array would not take one of this size.  A kernel that preempts
 * tracepoints (7.2) skips a program that runs on the CPU already, but not the others: each builds its records elsewhere.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct proctree_event);
} records SEC(".maps");

#define SMALL offsetof(struct proctree_event, args)

static __always_inline void fill(const bool direct, struct proctree_event *e, struct task_struct *task, __u32 kind)
{
	e->start = READ(task, group_leader, start_boottime);
	e->kind = kind;
	e->pid = e->origin.pid;
	e->ppid = task_tgid(READ(task, real_parent));
	e->args_len = e->cut = 0;
}

static __always_inline struct proctree_event *exec_record(const bool direct, struct task_struct *task)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct proctree_event *e = bpf_map_lookup_elem(&records, &cpu);

	if (!e)
		return NULL;
	origin_fill(&e->origin);
	fill(direct, e, task, PROCTREE_EXEC);
	return e;
}

static __always_inline void output(struct proctree_event *e)
{
	__u64 n = *(volatile __u32 *)&e->args_len;

	barrier_var(n);
	event_output(e, SMALL + (n > PROCTREE_ARGS ? PROCTREE_ARGS : n));
}

ON_TRACE(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct proctree_event *e;

	if (READ(child, pid) != READ(child, tgid) || !filter_current())		/* a thread */
		return 0;
	e = event_reserve_bytes(SMALL);
	if (!e)
		return 0;
	fill(direct, e, child, PROCTREE_FORK);
	e->pid = task_tgid(child);
	e->ppid = e->origin.pid;
	event_submit_bytes(e, SMALL);
	return 0;
}

ON_TRACE(sched_process_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	struct proctree_event *e = filter_current() ? exec_record(direct, task) : NULL;
	unsigned long start;
	__u64 size;

	if (!e)
		return 0;
	start = READ(task, mm, arg_start);
	size = READ(task, mm, arg_end) - start;
	barrier_var(size);
	if (size > PROCTREE_ARGS) {
		size = PROCTREE_ARGS;
		e->cut = 1;
	}
	e->args_len = size;
	/* The kernel has just written them: their pages are there. */
	if (bpf_probe_read_user(e->args, size, (void *)start)) {
		lose(LOSS_READ);
		e->cut = 1;
		e->args_len = 0;
	}
	output(e);
	return 0;
}

ON_TASK_EXIT(task, last)
{
	struct proctree_event *e = last && filter_current() ? event_reserve_bytes(SMALL) : NULL;

	if (!e)
		return 0;
	fill(direct, e, task, PROCTREE_EXIT);
	exit_status(direct, task, true, &e->status);
	event_submit_bytes(e, SMALL);
	return 0;
}
