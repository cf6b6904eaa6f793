// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/offcpu.bpf.h"
#include "offwaketime.h"

struct left {
	__u64 at;
	struct offwaketime_key key;
};

INFLIGHT(away, struct left);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct offwaketime_key);
	__type(value, struct offcpu_value);
} counts SEC(".maps");

/* The waker's part is written into what the one that sleeps has left. sched_wakeup may come on another CPU, without the waker. */
ON_TRACE(sched_waking, struct task_struct *task)
{
	__u32 tid = READ(task, pid);
	struct left left;

	if (!inflight_take(away, task, tid, &left))
		return 0;
	left.key.waker_pid = current_ids() >> 32;
	bpf_get_current_comm(left.key.waker, sizeof(left.key.waker));
	left.key.waker_kernel = stack_kernel(ctx);
	left.key.waker_user = stack_user(ctx);
	return inflight_put(away, task, tid, &left);
}

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct left left = {};

	if (offcpu_leaves(&left, ctx, prev, preempt))
		inflight_put(away, prev, READ(prev, pid), &left);
	if (inflight_take(away, next, READ(next, pid), &left))
		offcpu_returns(&left, &counts);
	return 0;
}

INFLIGHT_EXIT(away)
