// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "cpufreq.h"

const volatile __u64 frequency = 99;	/* for user space */
const volatile bool by_process, with_idle;

/* kHz of each CPU: at first what user space read, then what the driver tells. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} speeds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct cpufreq_key);
	__type(value, struct cpufreq_value);
} samples SEC(".maps");

SEC("?raw_tp/cpu_frequency")
int raw_tp__cpu_frequency(struct raw_args *ctx)
{
	__u32 cpu = ctx->args[1], *khz = bpf_map_lookup_elem(&speeds, &cpu);

	if (khz)
		*khz = ctx->args[0];
	return 0;
}

SEC("perf_event")
int sample(void *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id(), *khz = bpf_map_lookup_elem(&speeds, &cpu);
	static const struct cpufreq_value zero;
	__u64 ids = current_ids();
	struct cpufreq_key key = {};
	struct cpufreq_value *value;

	if ((!with_idle && !(__u32)bpf_get_current_pid_tgid()) || !filter_current())
		return 0;
	if (khz)
		key.mhz = *khz / 1000 / CPUFREQ_STEP * CPUFREQ_STEP;
	if (by_process) {
		key.id = ids >> 32;
		bpf_get_current_comm(key.comm, sizeof(key.comm));
	}
	value = map_get_or_init(&samples, &key, &zero);
	if (value)
		value->count++;
	return 0;
}
