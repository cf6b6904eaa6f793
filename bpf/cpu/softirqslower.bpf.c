// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/irq.bpf.h"
#include "softirqslower.h"

#define VECTORS 16

const volatile __u64 min_ns = 10000000;

SINCE(since);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VECTORS);
	__type(key, __u32);
	__type(value, __u64);
} raised SEC(".maps");

static __always_inline int show(__u32 vector, __u32 stage, __u64 ns)
{
	struct softirqslower_event *e;

	if (ns < min_ns || !irq_wanted())
		return 0;
	e = event_reserve(struct softirqslower_event);
	if (!e)
		return 0;
	e->latency = ns;
	e->vector = vector;
	e->stage = stage;
	event_submit(e);
	return 0;
}

/* Raised again before it runs, it waits since the first time. */
SEC("?raw_tp/softirq_raise")
int raw_tp__softirq_raise(struct raw_args *ctx)
{
	__u32 vector = ctx->args[0];
	__u64 *at = bpf_map_lookup_elem(&raised, &vector);

	if (at && !*at)
		*at = bpf_ktime_get_ns();
	return 0;
}

SEC("?raw_tp/softirq_entry")
int raw_tp__softirq_entry(struct raw_args *ctx)
{
	__u32 vector = ctx->args[0], zero = 0;
	__u64 *at = bpf_map_lookup_elem(&raised, &vector), *began = bpf_map_lookup_elem(&since, &zero), waited;

	if (!at || !began)
		return 0;
	*began = bpf_ktime_get_ns();
	waited = *at ? *began - *at : 0;
	*at = 0;
	return show(vector, SOFTIRQ_RAISED, waited);
}

SEC("?raw_tp/softirq_exit")
int raw_tp__softirq_exit(struct raw_args *ctx)
{
	__u64 began = since_take(&since);

	return began ? show(ctx->args[0], SOFTIRQ_RAN, bpf_ktime_get_ns() - began) : 0;
}
