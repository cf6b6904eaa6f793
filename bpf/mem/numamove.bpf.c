// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "numamove.h"

#define IS_NUMA(reason) ((reason) == (int)bpf_core_enum_value(enum migrate_reason, MR_NUMA_MISPLACED))

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct numamove_value);
} rows SEC(".maps");

/* When threads began to move pages. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} begun SEC(".maps");

static __always_inline int begin(void)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	return filter_current() ? map_put(&begun, &tid, &now) : 0;
}

/* Since 5.17; before, the function around it, where there are probes. */
ON_TRACE_AS(begin__trace, mm_migrate_pages_start, int mode, int reason)
{
	return IS_NUMA(reason) ? begin() : 0;
}

ON_CALL_AS(begin__call, migrate_misplaced_page, void *page)
{
	return begin();
}

static __always_inline int done(__u64 moved, __u64 failed, int reason)
{
	__u32 tid = bpf_get_current_pid_tgid(), pid = current_ids() >> 32;
	static const struct numamove_value zero;
	struct numamove_value *value;
	__u64 *since;

	if (!IS_NUMA(reason) || !filter_current())
		return 0;
	value = map_get_or_init(&rows, &pid, &zero);
	if (!value)
		return 0;
	if (!value->comm[0])
		bpf_get_current_comm(value->comm, sizeof(value->comm));
	add(&value->moves, 1);
	add(&value->pages, moved);
	add(&value->failed, failed);
	since = bpf_map_lookup_elem(&begun, &tid);
	if (!since)
		return 0;
	add(&value->ns, bpf_ktime_get_ns() - *since);
	add(&value->timed, 1);
	bpf_map_delete_elem(&begun, &tid);
	return 0;
}

/* args8: splits of large folios are counted apart since 6.7. */
ON_TRACE_AS(done__args8, mm_migrate_pages, unsigned long moved, unsigned long failed, unsigned long huge, unsigned long huge_failed,
	    unsigned long huge_split, unsigned long split, int mode, int reason)
{
	return done(moved, failed, reason);
}

ON_TRACE_AS(done__args7, mm_migrate_pages, unsigned long moved, unsigned long failed, unsigned long huge, unsigned long huge_failed,
	    unsigned long huge_split, int mode, int reason)
{
	return done(moved, failed, reason);
}

/* One that was killed, or whose page could not be taken after all. */
SEC("raw_tp/sched_process_exit")
int forget(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&begun, &tid);
	return 0;
}
