// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/inflight.bpf.h"
#include "lib/task.bpf.h"
#include "cpudist.h"

const volatile __u64 unit = 1000;
const volatile bool off_cpu, by_process, by_thread, with_idle;

struct left {
	__u64 at;
};

INFLIGHT(away, struct left);		/* off: when a task left its CPU */
HISTOGRAMS(hists, struct cpudist_key);

/* Since when a CPU has had its task; with --off-cpu, since when it has not been idle. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} since SEC(".maps");

static __always_inline void count(const bool direct, struct task_struct *task, __u64 ns)
{
	struct cpudist_key key = {};

	if (by_process || by_thread)
		task_name(direct, task, by_process, &key.id, key.comm);
	hist_add(hists, &key, ns, unit);
}

/* What is on a CPU is known by the CPU alone. */
static __always_inline int ran(const bool direct, struct task_struct *prev)
{
	__u64 now = bpf_ktime_get_ns(), began;
	__u32 zero = 0, tid = READ(prev, pid);
	__u64 *at = bpf_map_lookup_elem(&since, &zero);

	if (!at)
		return 0;
	began = *at;
	*at = now;
	if (began && (tid || with_idle) && filter_task(direct, prev))
		count(direct, prev, now - began);
	return 0;
}

/* The idle tasks share an id, so theirs goes by the CPU too. */
static __always_inline int idle_away(const bool direct, struct task_struct *prev, struct task_struct *next)
{
	__u32 zero = 0;
	__u64 *at = bpf_map_lookup_elem(&since, &zero);

	if (!at)
		return 0;
	if (!READ(prev, pid)) {
		*at = bpf_ktime_get_ns();
	} else if (*at && filter_task(direct, next)) {
		count(direct, next, bpf_ktime_get_ns() - *at);
		*at = 0;
	}
	return 0;
}

static __always_inline int left(const bool direct, struct task_struct *prev)
{
	struct left left;
	__u32 tid = READ(prev, pid);

	if (!tid || !filter_task(direct, prev))
		return 0;
	left.at = bpf_ktime_get_ns();
	return inflight_put(away, prev, tid, &left);
}

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct left left_at;

	if (!off_cpu)
		return ran(direct, prev);
	left(direct, prev);
	if (with_idle && (!READ(prev, pid) || !READ(next, pid)))
		idle_away(direct, prev, next);
	if (inflight_take(away, next, READ(next, pid), &left_at))
		count(direct, next, bpf_ktime_get_ns() - left_at.at);
	return 0;
}

INFLIGHT_EXIT(away)
