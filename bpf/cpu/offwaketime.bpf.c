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
	__type(value, struct offwaketime_value);
} counts SEC(".maps");

static __always_inline void leaves(const bool direct, void *ctx, struct task_struct *prev, bool preempt)
{
	struct left left = {};

	if (!offcpu_wanted(direct, prev, preempt))
		return;
	left.at = bpf_ktime_get_ns();
	left.key.pid = current_ids() >> 32;
	bpf_get_current_comm(left.key.comm, sizeof(left.key.comm));
	left.key.kernel = stack_kernel(ctx);
	left.key.user = stack_user(ctx);
	inflight_put(away, prev, READ(prev, pid), &left);
}

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
	struct offwaketime_value *value, zero = {};
	struct left left;
	__u64 ns;

	leaves(direct, ctx, prev, preempt);
	if (!inflight_take(away, next, READ(next, pid), &left))
		return 0;
	ns = bpf_ktime_get_ns() - left.at;
	if (!offcpu_long_enough(ns))
		return 0;
	value = map_get_or_init(&counts, &left.key, &zero);
	if (value) {
		add(&value->total, ns);
		add(&value->count, 1);
	}
	return 0;
}

INFLIGHT_EXIT(away)
