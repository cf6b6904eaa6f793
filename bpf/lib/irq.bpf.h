/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interrupts: of one kind, one at a time runs on a CPU, so when it began is kept by CPU. */
#ifndef IRQ_BPF_H
#define IRQ_BPF_H

#include "lib/filter.bpf.h"

#define SINCE(name)							\
struct {								\
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);			\
	__uint(max_entries, 1);						\
	__type(key, __u32);						\
	__type(value, __u64);						\
} name SEC(".maps")

static __always_inline void since_put(void *map)
{
	__u32 zero = 0;
	__u64 *since = bpf_map_lookup_elem(map, &zero);

	if (since)
		*since = bpf_ktime_get_ns();
}

/* When it began; 0: not seen, or not wanted. */
static __always_inline __u64 since_take(void *map)
{
	__u32 zero = 0;
	__u64 *since = bpf_map_lookup_elem(map, &zero), ns = 0;

	if (since) {
		ns = *since;
		*since = 0;
	}
	return ns;
}

/* Of the filters that look at the interrupted task; without them the tool's own interrupts count as well. */
static __always_inline bool irq_wanted(void)
{
	if (common.filters & ONLY_CPUS && !filter_has(ONLY_CPUS, bpf_get_smp_processor_id()))
		return false;
	return !(common.cgroups || common.filters & ~ONLY_CPUS) || filter_current();
}

#endif
