// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/offcpu.bpf.h"
#include "offcputime.h"

const volatile bool by_thread;

struct left {
	__u64 at;
	struct offcputime_key key;
};

INFLIGHT(away, struct left);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct offcputime_key);
	__type(value, struct offcputime_value);
} counts SEC(".maps");

static __always_inline void leaves(const bool direct, void *ctx, struct task_struct *prev, bool preempt)
{
	struct left left = {};
	__u64 ids;

	if (!offcpu_wanted(direct, prev, preempt))
		return;
	left.at = bpf_ktime_get_ns();
	ids = current_ids();
	left.key.pid = ids >> 32;
	left.key.tid = by_thread ? ids : 0;
	bpf_get_current_comm(left.key.comm, sizeof(left.key.comm));
	left.key.kernel = stack_kernel(ctx);
	left.key.user = stack_user(ctx);
	inflight_put(away, prev, READ(prev, pid), &left);
}

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct offcputime_value *value, zero = {};
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
