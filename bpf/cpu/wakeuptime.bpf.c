// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/offcpu.bpf.h"
#include "wakeuptime.h"

const volatile bool with_user_stack;

struct left {
	__u64 at;
	__u32 pid, pad;
	char comm[COMM_LEN];
};

INFLIGHT(away, struct left);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct wakeuptime_key);
	__type(value, struct wakeuptime_value);
} counts SEC(".maps");

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev)
{
	struct left left = {};

	if (!offcpu_wanted(direct, prev, preempt))
		return 0;
	left.pid = current_ids() >> 32;
	bpf_get_current_comm(left.comm, sizeof(left.comm));
	left.at = bpf_ktime_get_ns();
	return inflight_put(away, prev, READ(prev, pid), &left);
}

/* sched_waking and not sched_wakeup: that one may come on another CPU, where the waker is not. */
ON_TRACE(sched_waking, struct task_struct *task)
{
	struct wakeuptime_value *value, zero = {};
	struct wakeuptime_key key = {};
	struct left left;
	__u64 ns;

	if (!inflight_take(away, task, READ(task, pid), &left))
		return 0;
	ns = bpf_ktime_get_ns() - left.at;
	if (!offcpu_long_enough(ns))
		return 0;
	key.pid = left.pid;
	__builtin_memcpy(key.comm, left.comm, sizeof(key.comm));
	key.waker_pid = current_ids() >> 32;
	bpf_get_current_comm(key.waker, sizeof(key.waker));
	key.kernel = stack_kernel(ctx);
	key.user = with_user_stack ? stack_user(ctx) : 0;
	value = map_get_or_init(&counts, &key, &zero);
	if (value) {
		add(&value->total, ns);
		add(&value->count, 1);
	}
	return 0;
}

INFLIGHT_EXIT(away)
