// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/irq.bpf.h"
#include "runqlen.h"

const volatile bool by_cpu, occupancy;
const volatile __u64 frequency = 99;	/* for user space */

/* A value for each CPU; with the CPU in the key, user space makes it a plain hash. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct runqlen_key);
	__type(value, struct runqlen_value);
} lengths SEC(".maps");

SEC("perf_event")
int sample(void *ctx)
{
	static const struct runqlen_value zero;
	__u32 running = (__u32)bpf_get_current_pid_tgid() != 0, n;
	struct runqlen_key key = {};
	struct runqlen_value *value;

	if (!irq_wanted())
		return 0;
	n = rq_runnable(current_rq());
	n = n > running ? n - running : 0;
	if (by_cpu)
		key.cpu = bpf_get_smp_processor_id();
	if (!occupancy)
		key.length = n;
	value = map_get_or_init(&lengths, &key, &zero);
	if (!value)
		return 0;
	value->count++;
	value->occupied += n > 0;
	return 0;
}
