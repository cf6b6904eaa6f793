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
	__type(value, struct offcpu_value);
} counts SEC(".maps");

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct left left = {};

	if (offcpu_leaves(&left, ctx, prev, preempt)) {
		left.key.tid = by_thread ? current_ids() : 0;
		inflight_put(away, prev, READ(prev, pid), &left);
	}
	if (inflight_take(away, next, READ(next, pid), &left))
		offcpu_returns(&left, &counts);
	return 0;
}

INFLIGHT_EXIT(away)
