// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/task.bpf.h"
#include "naptime.h"

#define CLOCK_MONOTONIC 1

/* As they begin: one that is interrupted goes on in a call of another name. */
ON_SYSCALL_ENTRY(nanosleep, clock_nanosleep, clock_nanosleep_time64)
{
	bool any_clock = !syscall_is(call, nanosleep), is_32 = call->is_32 && !syscall_is(call, clock_nanosleep_time64);
	unsigned long from = any_clock ? call->arg[2] : call->arg[0];
	struct task_struct *parent;
	struct naptime_event *e;
	__s32 small[2] = {};
	__s64 time[2] = {};

	if (!filter_current())
		return 0;
	if (bpf_probe_read_user(is_32 ? (void *)small : (void *)time, is_32 ? 8 : 16, (void *)from)) {
		lose(LOSS_READ);
		return 0;
	}
	e = event_reserve(struct naptime_event);
	if (!e)
		return 0;
	e->sec = is_32 ? small[0] : time[0];
	e->nsec = is_32 ? small[1] : time[1];
	e->ns = 0;
	e->clock = any_clock ? call->arg[0] : CLOCK_MONOTONIC;
	e->absolute = any_clock && call->arg[1] & 1;	/* TIMER_ABSTIME */
	parent = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), real_parent);
	e->ppid = task_tgid(parent);
	bpf_probe_read_kernel_str(e->pcomm, sizeof(e->pcomm), &parent->comm);
	event_submit(e);
	return 0;
}
