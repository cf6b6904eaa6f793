// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/inflight.bpf.h"
#include "lib/probe.bpf.h"
#include "drsnoop.h"

const volatile __u64 min;

struct stall {
	__u64 start;
	__u32 order, pad;
};

INFLIGHT(stalls, struct stall);

static __always_inline int begin(const bool direct, int order)
{
	struct stall stall = { bpf_ktime_get_ns(), order, 0 };

	if (!filter_current())
		return 0;
	return inflight_put(stalls, bpf_get_current_task_btf(), (__u32)bpf_get_current_pid_tgid(), &stall);
}

/* In 7.2 the flags come first, and the memory cgroup last. */
ON_TRACE_AS(begin__args2, mm_vmscan_direct_reclaim_begin, int order, gfp_t flags)
{
	return begin(direct, order);
}

ON_TRACE_AS(begin__args3, mm_vmscan_direct_reclaim_begin, gfp_t flags, int order, struct mem_cgroup *memcg)
{
	return begin(direct, order);
}

ON_TRACE(mm_vmscan_direct_reclaim_end, unsigned long pages)
{
	struct drsnoop_event *e;
	struct stall stall = {};
	__u64 duration;

	if (!inflight_take(stalls, bpf_get_current_task_btf(), (__u32)bpf_get_current_pid_tgid(), &stall))
		return 0;
	duration = bpf_ktime_get_ns() - stall.start;
	if (duration < min)
		return 0;
	e = event_reserve(struct drsnoop_event);
	if (!e)
		return 0;
	e->duration = duration;
	e->pages = pages;
	e->order = stall.order;
	e->pad = 0;
	event_submit(e);
	return 0;
}

INFLIGHT_EXIT(stalls)
