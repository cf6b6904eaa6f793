// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/irq.bpf.h"
#include "lib/peak.bpf.h"
#include "hardirqs.h"

const volatile __u64 unit = 1000;
const volatile bool by_cpu, dist, count_only;

SINCE(since);
HISTOGRAMS(hists, struct hardirqs_key);

/* A value for each CPU; with the CPU in the key, user space makes it a plain hash. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct hardirqs_key);
	__type(value, struct hardirqs_value);
} irqs SEC(".maps");

static __always_inline int count(const bool direct, int irq, struct irqaction *action, __u64 ns)
{
	static const struct hardirqs_value zero;
	struct hardirqs_key key = { .irq = irq };
	struct hardirqs_value *value;

	if (by_cpu)
		key.cpu = bpf_get_smp_processor_id();
	bpf_probe_read_kernel_str(key.name, sizeof(key.name), READ(action, name));
	if (dist) {
		hist_add(hists, &key, ns, unit);
		return 0;
	}
	value = map_get_or_init(&irqs, &key, &zero);
	if (!value)
		return 0;
	value->count++;
	value->total += ns;
	if (!count_only)
		peak_put(&value->max, ns);
	return 0;
}

ON_TRACE(irq_handler_entry, int irq, struct irqaction *action)
{
	if (!irq_wanted())
		return 0;
	if (count_only)
		return count(direct, irq, action, 0);
	since_put(&since);
	return 0;
}

ON_TRACE(irq_handler_exit, int irq, struct irqaction *action)
{
	__u64 began = since_take(&since);

	return began ? count(direct, irq, action, bpf_ktime_get_ns() - began) : 0;
}
