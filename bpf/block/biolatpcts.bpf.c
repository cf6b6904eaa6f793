// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/block.bpf.h"
#include "lib/hist.bpf.h"
#include "biolatpcts.h"

const volatile __u32 from = FROM_ISSUE;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);	/* struct request *: a later request in the same memory takes its place */
	__type(value, __u64);
} issued SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct biolatpcts_key);
	__type(value, struct hist);
} latencies SEC(".maps");

ON_BLOCK_ISSUE(rq)
{
	__u64 key = (__u64)rq, now = bpf_ktime_get_ns();

	return only_disk && request_disk(rq) != only_disk ? 0 : map_put(&issued, &key, &now);
}

static __always_inline __u64 since(const bool direct, struct request *rq)
{
	__u64 key = (__u64)rq, *at, ns;

	if (from == FROM_ISSUE) {
		at = bpf_map_lookup_elem(&issued, &key);
		ns = at ? *at : 0;
		if (at)
			bpf_map_delete_elem(&issued, &key);
		return ns;
	}
	ns = from == FROM_ALLOC && bpf_core_field_exists(rq->alloc_time_ns) ? READ(rq, alloc_time_ns) : 0;
	return ns ?: READ(rq, start_time_ns);
}

ON_TRACE(block_rq_complete, struct request *rq, int error, unsigned int bytes)
{
	struct biolatpcts_key key = { request_disk(rq), BLOCK_OP(READ(rq, cmd_flags)) };
	__u32 len = READ(rq, __data_len);
	struct hist *hist;
	__u64 start, ns, slot;

	/* Fewer: the rest is still to come.  Without data: what waited for a flush, which has a request of its own. */
	if (bytes < len || (!len && key.op != BLOCK_OP_FLUSH) || (only_disk && key.disk != only_disk))
		return 0;
	start = since(direct, rq);
	if (!start)
		return 0;
	hist = map_get_or_init(&latencies, &key, &hist_zero);
	if (!hist)
		return 0;
	ns = bpf_ktime_get_ns() - start;
	slot = hist_slot(ns);
	barrier_var(slot);
	if (slot >= HIST_MAX)
		slot = HIST_MAX - 1;
	add(&hist->sum, ns);
	add(&hist->slot[slot], 1);
	return 0;
}
