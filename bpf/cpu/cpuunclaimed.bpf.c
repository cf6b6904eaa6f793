// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/count.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/kernel.bpf.h"
#include "cpuunclaimed.h"

const volatile __u64 frequency = 99, period;
const volatile __u32 ids;	/* of CPUs */

COUNTERS(sums, struct cpuunclaimed_value);

/* Where each CPU's run queue is: it says so itself when it is sampled first. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} queues SEC(".maps");

__u64 last SEC(".data");

static __always_inline void look_at(__u64 *queue, struct cpuunclaimed_value *sum)
{
	struct rq___any *rq = (void *)*queue;
	__u32 n;

	if (!rq || !BPF_CORE_READ(rq, online))
		return;
	n = rq_runnable(rq);
	sum->cpus++;
	sum->idle += !n;
	sum->waiting += n > 1 ? n - 1 : 0;
}

/* All CPUs at one time, by whichever is the first to be sampled in a period: none is needed for it. */
SEC("perf_event")
int sample(void *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 *own = bpf_map_lookup_elem(&queues, &cpu), now = bpf_ktime_get_ns();
	struct cpuunclaimed_value sum = {}, *value;

	if (!own)
		return 0;
	*own = (__u64)current_rq();
	if (now - last < period)
		return 0;
	last = now;
	for (__u32 i = 0; i < ids; i++) {
		__u32 id = i;
		__u64 *queue = bpf_map_lookup_elem(&queues, &id);

		if (queue)
			look_at(queue, &sum);
	}
	value = counter(sums, 1, 0);
	if (!value)
		return 0;
	value->samples++;
	value->cpus += sum.cpus;
	value->idle += sum.idle;
	value->waiting += sum.waiting;
	value->unclaimed += sum.idle < sum.waiting ? sum.idle : sum.waiting;
	return 0;
}
