// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/probe.bpf.h"
#include "writeback.h"

const volatile __u64 min;

struct pass {
	__u64 start;
	__s64 asked;
};

/* What a thread that writes back is at: one pass at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct pass);
} passes SEC(".maps");

ON_TRACE(writeback_start, struct bdi_writeback *wb, struct wb_writeback_work *work)
{
	struct pass pass = { bpf_ktime_get_ns(), READ(work, nr_pages) };
	__u32 tid = bpf_get_current_pid_tgid();

	return map_put(&passes, &tid, &pass);
}

ON_TRACE(writeback_written, struct bdi_writeback *wb, struct wb_writeback_work *work)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct pass *pass = bpf_map_lookup_elem(&passes, &tid);
	struct writeback_event *e;
	struct super_block *sb;
	__u64 duration;
	__s64 asked;

	if (!pass)
		return 0;
	duration = bpf_ktime_get_ns() - pass->start;
	asked = pass->asked;
	bpf_map_delete_elem(&passes, &tid);
	if (duration < min)
		return 0;
	e = event_reserve(struct writeback_event);
	if (!e)
		return 0;
	sb = READ(work, sb);
	e->asked = asked;
	e->pages = asked - READ(work, nr_pages);
	e->duration = duration;
	e->reason = READ(work, reason);
	e->dev = sb ? READ(sb, s_dev) : 0;
	bpf_probe_read_kernel_str(e->device, sizeof(e->device), &READ(wb, bdi)->dev_name);
	event_submit(e);
	return 0;
}
