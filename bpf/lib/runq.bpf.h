/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long a task waits for a CPU: from when it is woken, made, or loses its CPU, to when it gets one.  The tool has
 * sched_switch itself, and asks runq_waited() there; wake-ups are seen here.
 */
#ifndef RUNQ_BPF_H
#define RUNQ_BPF_H

#include "lib/inflight.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/task.bpf.h"

struct wait {
	__u64 since;
};

INFLIGHT(waiting, struct wait);

/* A task that is woken while it waits keeps its place. */
static __always_inline int runnable(const bool direct, struct task_struct *task, bool woken)
{
	__u32 tid = READ(task, pid);
	struct wait wait;

	if (!tid || !filter_task(direct, task))		/* 0: the idle tasks */
		return 0;
	wait.since = bpf_ktime_get_ns();
	if (woken)
		inflight_put_first(waiting, task, tid, &wait);
	else
		inflight_put(waiting, task, tid, &wait);
	return 0;
}

/* At a switch: what prev does now, and whether it is known how long next has waited. */
static __always_inline bool runq_waited(const bool direct, bool preempt, struct task_struct *prev, struct task_struct *next,
					__u64 *ns)
{
	struct wait wait;

	if (preempt || !task_state(prev))	/* 0: TASK_RUNNING */
		runnable(direct, prev, false);
	if (!inflight_take(waiting, next, READ(next, pid), &wait))
		return false;
	*ns = bpf_ktime_get_ns() - wait.since;
	return true;
}

ON_TRACE(sched_wakeup, struct task_struct *task)
{
	return task_on_cpu(task) ? 0 : runnable(direct, task, true);	/* woken before it slept: it goes on running */
}

ON_TRACE(sched_wakeup_new, struct task_struct *task)
{
	return runnable(direct, task, false);
}

INFLIGHT_EXIT(waiting)

#endif
