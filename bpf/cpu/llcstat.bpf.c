// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "llcstat.h"

const volatile bool by_thread, by_cpu, total;
const volatile __u64 period = 100;

/* A value for each CPU; with the CPU in the key, user space makes it a plain hash. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct llcstat_key);
	__type(value, struct llcstat_value);
} caches SEC(".maps");

/* One counter of a CPU may overflow while the program of the other runs: one finds the value, both add to it. */
static __always_inline int count(bool missed)
{
	static const struct llcstat_value zero;
	__u64 ids = current_ids();
	struct llcstat_key key = {};
	struct llcstat_value *value;

	if (!filter_current())
		return 0;
	if (by_cpu)
		key.cpu = bpf_get_smp_processor_id();
	if (!total) {
		key.id = by_thread ? ids : ids >> 32;
		bpf_get_current_comm(key.comm, sizeof(key.comm));
	}
	value = map_get_or_init(&caches, &key, &zero);
	if (!value)
		return 0;
	add(missed ? &value->misses : &value->references, period);
	return 0;
}

SEC("perf_event")
int reference(void *ctx)
{
	return count(false);
}

SEC("perf_event")
int miss(void *ctx)
{
	return count(true);
}
