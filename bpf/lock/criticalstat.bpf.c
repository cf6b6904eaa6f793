// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/irq.bpf.h"
#include "lib/stack.bpf.h"
#include "criticalstat.h"

const volatile __u64 min_ns = 100000;
const volatile bool only_irq, only_preempt;	/* for user space */

struct section {
	__u64 at, from;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CRITICAL_SECTIONS);
	__type(key, __u32);
	__type(value, struct section);
} sections SEC(".maps");

/* The kernel tells of the outermost only, so one that is known already has an end that was not seen. */
static __always_inline int begins(__u32 kind, struct raw_args *ctx)
{
	struct section *section = bpf_map_lookup_elem(&sections, &kind);

	if (section) {
		section->from = ctx->args[0];
		section->at = bpf_ktime_get_ns();
	}
	return 0;
}

static __always_inline int ends(__u32 kind, struct raw_args *ctx)
{
	struct section *section = bpf_map_lookup_elem(&sections, &kind);
	struct criticalstat_event *e;
	__u64 ns, kernel;

	if (!section || !section->at)
		return 0;
	ns = bpf_ktime_get_ns() - section->at;
	section->at = 0;
	if (ns < min_ns || !irq_wanted())
		return 0;
	kernel = stack_kernel(ctx);
	e = event_reserve(struct criticalstat_event);
	if (!e)
		return 0;
	e->latency = ns;
	e->kernel = kernel;
	e->from = section->from;
	e->to = ctx->args[0];
	e->section = kind;
	e->pad = 0;
	event_submit(e);
	return 0;
}

SEC("?raw_tp/irq_disable")
int raw_tp__irq_disable(struct raw_args *ctx)
{
	return begins(CRITICAL_IRQ, ctx);
}

SEC("?raw_tp/irq_enable")
int raw_tp__irq_enable(struct raw_args *ctx)
{
	return ends(CRITICAL_IRQ, ctx);
}

SEC("?raw_tp/preempt_disable")
int raw_tp__preempt_disable(struct raw_args *ctx)
{
	return begins(CRITICAL_PREEMPT, ctx);
}

SEC("?raw_tp/preempt_enable")
int raw_tp__preempt_enable(struct raw_args *ctx)
{
	return ends(CRITICAL_PREEMPT, ctx);
}

/* A CPU that idles waits with both turned off: nobody has to wait for that. */
SEC("?raw_tp/cpu_idle")
int raw_tp__cpu_idle(struct raw_args *ctx)
{
	for (__u32 i = 0; i < CRITICAL_SECTIONS; i++) {
		__u32 kind = i;
		struct section *section = bpf_map_lookup_elem(&sections, &kind);

		if (section)
			section->at = 0;
	}
	return 0;
}
