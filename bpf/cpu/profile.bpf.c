// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/stack.bpf.h"
#include "profile.h"

const volatile __u64 frequency = 49, period;	/* for user space */
const volatile bool by_thread, by_cpu, with_idle;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct profile_key);
	__type(value, __u64);
} counts SEC(".maps");

SEC("perf_event")
int sample(void *ctx)
{
	struct profile_key key = {};
	__u64 ids = current_ids(), zero = 0, *count;
	__u32 cpu = bpf_get_smp_processor_id();

	if (!filter_current() || (common.filters & ONLY_CPUS && !filter_has(ONLY_CPUS, cpu)))
		return 0;
	if (!(__u32)bpf_get_current_pid_tgid() && !with_idle)
		return 0;
	key.pid = ids >> 32;
	key.tid = by_thread ? ids : 0;
	key.cpu = by_cpu ? cpu : 0;
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	key.kernel = stack_kernel(ctx);
	key.user = stack_user(ctx);
	count = map_get_or_init(&counts, &key, &zero);
	if (count)
		add(count, 1);
	return 0;
}
