// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "compactsnoop.h"

const volatile __u64 min;

struct stall {
	__u64 start;
	struct zone *zone;
	__s32 order, pad;
};

/* By thread: the zone that it compacts now. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct stall);
} stalls SEC(".maps");

ON_TRACE(mm_compaction_begin, void *unused)
{
	struct stall stall = { bpf_ktime_get_ns(), NULL, 0, 0 };
	__u32 tid = bpf_get_current_pid_tgid();

	return filter_current() ? map_put(&stalls, &tid, &stall) : 0;
}

/* "Is it finished?" is asked in between, again and again: it alone knows zone and order in every kernel. */
ON_TRACE(mm_compaction_finished, struct zone *zone, int order, int ret)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct stall *stall = bpf_map_lookup_elem(&stalls, &tid);

	if (stall && !stall->zone) {
		stall->zone = zone;
		stall->order = order;
	}
	return 0;
}

static __always_inline int ended(const bool direct, bool is_sync, int status)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct stall *found = bpf_map_lookup_elem(&stalls, &tid), stall;
	struct compactsnoop_event *e;
	struct zone *zone;

	if (!found)
		return 0;
	stall = *found;
	bpf_map_delete_elem(&stalls, &tid);
	stall.start = bpf_ktime_get_ns() - stall.start;
	if (stall.start < min)
		return 0;
	e = event_reserve(struct compactsnoop_event);
	if (!e)
		return 0;
	zone = stall.zone;
	e->duration = stall.start;
	e->order = stall.order;
	e->status = status;
	e->node = zone ? BPF_CORE_READ(zone, zone_pgdat, node_id) : -1;
	e->is_sync = is_sync;
	e->zone[0] = 0;
	if (zone)
		bpf_probe_read_kernel_str(e->zone, sizeof(e->zone), BPF_CORE_READ(zone, name));
	event_submit(e);
	return 0;
}

/* Since 5.18 with the whole compact_control instead of some of its members. */
ON_TRACE_AS(end__args5, mm_compaction_end, void *control, unsigned long from, unsigned long to, bool is_sync,
	    int status)
{
	return ended(direct, is_sync, status);
}

ON_TRACE_AS(end__args6, mm_compaction_end, unsigned long from, unsigned long migrate, unsigned long free,
	    unsigned long to, bool is_sync, int status)
{
	return ended(direct, is_sync, status);
}
