// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/inflight.bpf.h"
#include "lib/task.bpf.h"
#include "runqslower.h"

const volatile __u64 min = 10000000;

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

ON_TRACE(sched_wakeup, struct task_struct *task)
{
	return task_on_cpu(task) ? 0 : runnable(direct, task, true);	/* woken before it slept: it goes on running */
}

ON_TRACE(sched_wakeup_new, struct task_struct *task)
{
	return runnable(direct, task, false);
}

static __always_inline void tell(const bool direct, struct task_struct *prev, struct task_struct *next, __u64 wait)
{
	struct runqslower_event *e = event_reserve(struct runqslower_event);

	if (!e)
		return;
	e->origin.pid = task_tgid(next);
	e->origin.tid = task_tid(next);
	e->origin.uid = READ(next, cred, uid.val);
	e->origin.cgroup = common.want_cgroup ? READ(next, cgroups, dfl_cgrp, kn, id) : 0;
	bpf_probe_read_kernel_str(e->origin.comm, sizeof(e->origin.comm), &next->comm);
	e->wait = wait;
	e->prev_pid = task_tgid(prev);
	e->prev_tid = task_tid(prev);
	bpf_probe_read_kernel_str(e->prev_comm, sizeof(e->prev_comm), &prev->comm);
	event_submit(e);
}

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct wait wait;
	__u64 ns;

	if (preempt || !task_state(prev))	/* 0: TASK_RUNNING */
		runnable(direct, prev, false);
	if (!inflight_take(waiting, next, READ(next, pid), &wait))
		return 0;
	ns = bpf_ktime_get_ns() - wait.since;
	if (ns >= min)
		tell(direct, prev, next, ns);
	return 0;
}

INFLIGHT_EXIT(waiting)
