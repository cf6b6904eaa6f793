// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/hist.bpf.h"
#include "biolatency.h"

const volatile __u64 unit = 1000;
const volatile bool queued, by_disk, by_flags;
const volatile __u32 only_disk;

struct start {
	__u64 at;
	__u64 made;		/* request.start_time_ns: another one, another request in the same memory */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);	/* struct request *: a later request in the same memory takes its place */
	__type(value, struct start);
} starts SEC(".maps");

HISTOGRAMS(hists, struct biolatency_key);

/* Not inlined: it is in several programs. */
static __noinline bool passes(void)
{
	return filter_current();
}

static __always_inline int begin(const bool direct, struct request *rq)
{
	struct start start = { bpf_ktime_get_ns(), READ(rq, start_time_ns) };
	__u64 key = (__u64)rq;
	struct start *old = bpf_map_lookup_elem(&starts, &key);

	if (old && old->made == start.made) {	/* queued before, or given back by the driver and issued again */
		if (!queued)
			old->at = start.at;
		return 0;
	}
	if ((only_disk && request_disk(rq) != only_disk) || !passes())
		return old ? bpf_map_delete_elem(&starts, &key) : 0;
	return map_put(&starts, &key, &start);
}

/* args2: the queue came first until commit a54895fa057c, 5.11, also in 5.10.137 */
ON_TRACE_AS(insert__args1, block_rq_insert, struct request *rq)
{
	return begin(direct, rq);
}

ON_TRACE_AS(insert__args2, block_rq_insert, struct request_queue *q, struct request *rq)
{
	return begin(direct, rq);
}

ON_TRACE_AS(issue__args1, block_rq_issue, struct request *rq)
{
	return begin(direct, rq);
}

ON_TRACE_AS(issue__args2, block_rq_issue, struct request_queue *q, struct request *rq)
{
	return begin(direct, rq);
}

/* A request that went into another one is never issued. */
ON_TRACE_AS(merge__args1, block_rq_merge, struct request *rq)
{
	__u64 key = (__u64)rq;

	bpf_map_delete_elem(&starts, &key);
	return 0;
}

ON_TRACE(block_rq_complete, struct request *rq, int error, unsigned int bytes)
{
	struct biolatency_key key = {};
	__u64 id = (__u64)rq, ns;
	struct start *start = bpf_map_lookup_elem(&starts, &id);

	if (!start || bytes < READ(rq, __data_len))	/* fewer: the rest is still to come */
		return 0;
	ns = bpf_ktime_get_ns() - start->at;
	bpf_map_delete_elem(&starts, &id);
	if (by_disk)
		key.disk = request_disk(rq);
	if (by_flags)
		key.flags = READ(rq, cmd_flags);
	hist_add_nested(hists, &key, ns, unit);
	return 0;
}
