// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/runq.bpf.h"
#include "runqslower.h"

const volatile __u64 min = 10000000;

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
	__u64 ns;

	if (runq_waited(direct, preempt, prev, next, &ns) && ns >= min)
		tell(direct, prev, next, ns);
	return 0;
}
