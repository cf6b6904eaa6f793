// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/count.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/irq.bpf.h"
#include "lib/peak.bpf.h"
#include "softirqs.h"

const volatile __u64 unit = 1000;
const volatile bool by_cpu, dist, count_only;

SINCE(since);
HISTOGRAMS(hists, struct softirqs_key);
COUNTERS(vectors, struct softirqs_value);

/* On one CPU one soft interrupt runs at a time, so its counters need no lock. */
static __always_inline int count(__u32 vector, __u64 ns)
{
	struct softirqs_key key = { .vector = vector };
	struct softirqs_value *value;

	if (vector >= SOFTIRQS_SLOTS)
		return 0;
	if (dist) {
		if (by_cpu)
			key.cpu = bpf_get_smp_processor_id();
		hist_add(hists, &key, ns, unit);
		return 0;
	}
	value = counter(vectors, SOFTIRQS_SLOTS, vector);
	if (!value)
		return 0;
	value->count++;
	value->total += ns;
	if (!count_only)
		peak_put(&value->max, ns);
	return 0;
}

SEC("?raw_tp/softirq_entry")
int raw_tp__softirq_entry(struct raw_args *ctx)
{
	if (!irq_wanted())
		return 0;
	if (count_only)
		return count(ctx->args[0], 0);
	since_put(&since);
	return 0;
}

SEC("?raw_tp/softirq_exit")
int raw_tp__softirq_exit(struct raw_args *ctx)
{
	__u64 began = since_take(&since);

	return began ? count(ctx->args[0], bpf_ktime_get_ns() - began) : 0;
}
