// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "kvmexit.h"

const volatile bool by_process, by_thread, by_vcpu;

/* Where the event has its fields: user space reads the event's format. */
const volatile __u32 at_reason, at_isa, at_vcpu;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct kvmexit_key);
	__type(value, struct kvmexit_value);
} exits SEC(".maps");

SEC("?tp/kvm/kvm_exit")
int tp__kvm_exit(void *ctx)
{
	static const struct kvmexit_value zero;
	struct kvmexit_key key = {};
	struct kvmexit_value *value;
	__u64 ids = current_ids();
	__u32 vcpu = 0;

	bpf_probe_read_kernel(&vcpu, sizeof(vcpu), ctx + at_vcpu);
	if (common.filters & ONLY_VCPUS && !filter_has(ONLY_VCPUS, vcpu))
		return 0;
	if (!filter_current())
		return 0;
	bpf_probe_read_kernel(&key.reason, sizeof(key.reason), ctx + at_reason);
	bpf_probe_read_kernel(&key.isa, sizeof(key.isa), ctx + at_isa);
	key.id = by_process ? ids >> 32 : by_thread ? (__u32)ids : by_vcpu ? vcpu : 0;
	value = map_get_or_init(&exits, &key, &zero);
	if (!value)
		return 0;
	add(&value->count, 1);
	if ((by_process || by_thread) && !value->comm[0])
		bpf_get_current_comm(value->comm, sizeof(value->comm));
	return 0;
}
