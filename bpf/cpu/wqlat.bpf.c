// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/hist.bpf.h"
#include "wqlat.h"

const volatile __u64 unit = 1000;
const volatile bool by_workqueue;
const volatile char only[WQLAT_NAME];

struct start {
	__u64 ns;
	struct workqueue_struct *wq;
};

/* By struct work_struct: the same one queued anew takes its place; one that is cancelled stays until then. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct start);
} queued SEC(".maps");

HISTOGRAMS(hists, struct wqlat_key);

static __always_inline bool is_wanted(const char *name)
{
	for (int i = 0; i < WQLAT_NAME; i++) {
		if (name[i] != only[i])
			return false;
		if (!name[i])
			break;
	}
	return true;
}

ON_TRACE(workqueue_queue_work, int cpu, struct pool_workqueue *pwq, struct work_struct *work)
{
	struct start start = { 0, READ(pwq, wq) };
	__u64 key = (__u64)work;

	if (!filter_current())
		return 0;
	if (only[0]) {
		char name[WQLAT_NAME] = {};

		bpf_probe_read_kernel_str(name, sizeof(name), &start.wq->name);
		if (!is_wanted(name))
			return 0;
	}
	start.ns = bpf_ktime_get_ns();
	map_put(&queued, &key, &start);
	return 0;
}

ON_TRACE(workqueue_execute_start, struct work_struct *work)
{
	__u64 at = (__u64)work, ns = bpf_ktime_get_ns();
	struct start *start = bpf_map_lookup_elem(&queued, &at);
	struct wqlat_key key = {};

	if (!start)
		return 0;
	ns -= start->ns;
	if (by_workqueue)
		bpf_probe_read_kernel_str(key.workqueue, sizeof(key.workqueue), &start->wq->name);
	bpf_map_delete_elem(&queued, &at);
	hist_add(hists, &key, ns, unit);
	return 0;
}
