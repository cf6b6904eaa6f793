// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/irq.bpf.h"
#include "lib/peak.bpf.h"
#include "irqtop.h"

const volatile bool by_cpu, only_cpus;

SINCE(hard_since);
SINCE(soft_since);

/* A value for each CPU; with the CPU in the key, user space makes it a plain hash. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct irqtop_key);
	__type(value, struct irqtop_value);
} irqs SEC(".maps");

static __always_inline int count(struct irqtop_key *key, __u64 ns)
{
	static const struct irqtop_value zero;
	struct irqtop_value *value;

	if (by_cpu || only_cpus)
		key->cpu = bpf_get_smp_processor_id();
	value = map_get_or_init(&irqs, key, &zero);
	if (!value)
		return 0;
	value->count++;
	value->total += ns;
	peak_put(&value->max, ns);
	return 0;
}

ON_TRACE(irq_handler_entry)
{
	if (irq_wanted())
		since_put(&hard_since);
	return 0;
}

ON_TRACE(irq_handler_exit, int irq, struct irqaction *action)
{
	__u64 began = since_take(&hard_since), ns = bpf_ktime_get_ns() - began;
	struct irqtop_key key = { .kind = IRQ_HARD };

	if (!began)
		return 0;
	if (!only_cpus) {
		key.nr = irq;
		bpf_probe_read_kernel_str(key.name, sizeof(key.name), READ(action, name));
	}
	return count(&key, ns);
}

ON_TRACE(softirq_entry)
{
	if (irq_wanted())
		since_put(&soft_since);
	return 0;
}

ON_TRACE(softirq_exit, unsigned int vector)
{
	__u64 began = since_take(&soft_since), ns = bpf_ktime_get_ns() - began;
	struct irqtop_key key = { .kind = IRQ_SOFT };

	if (!began)
		return 0;
	if (!only_cpus)
		key.nr = vector;
	return count(&key, ns);
}
