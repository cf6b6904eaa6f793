// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "ppchcalls.h"

const volatile bool by_process, failed_only, latency;
const volatile __u32 error;	/* a code, its sign left out */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct ppchcalls_key);
	__type(value, struct ppchcalls_value);
} calls SEC(".maps");

/* When each thread's call began. The idle tasks, which cede their CPUs, all have thread id 0: they go by CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} starts SEC(".maps");

static __always_inline __u32 caller(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	return tid ?: 1U << 31 | bpf_get_smp_processor_id();
}

static __always_inline bool wanted(__u32 hcall)
{
	return (!(common.filters & ONLY_HCALLS) || filter_has(ONLY_HCALLS, hcall)) && filter_current();
}

ON_TRACE(hcall_entry, unsigned long hcall, unsigned long *args)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 key = caller();

	if (wanted(hcall))
		map_put(&starts, &key, &now);
	return 0;
}

ON_TRACE(hcall_exit, unsigned long hcall, long ret, unsigned long *values)
{
	static const struct ppchcalls_value zero;
	struct ppchcalls_key key = { by_process ? current_ids() >> 32 : 0, hcall };
	struct ppchcalls_value *value;
	__u64 ns = 0, *start;
	__u32 who = caller();

	if (latency) {
		start = bpf_map_lookup_elem(&starts, &who);
		if (!start)
			return 0;
		ns = bpf_ktime_get_ns() - *start;
		bpf_map_delete_elem(&starts, &who);
	} else if (!wanted(hcall)) {
		return 0;
	}
	if ((failed_only && ret >= 0) || (error && ret != -(long)error))
		return 0;
	value = map_get_or_init(&calls, &key, &zero);
	if (!value)
		return 0;
	add(&value->count, 1);
	if (ret < 0)
		add(&value->failed, 1);
	if (latency)
		add(&value->ns, ns);
	if (by_process && !value->comm[0])
		bpf_get_current_comm(value->comm, sizeof(value->comm));
	return 0;
}
