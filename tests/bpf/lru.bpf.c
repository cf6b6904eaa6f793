// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A map that forgets what is least used, and a program that uses an entry, the next one at each run. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} values SEC(".maps");

__u64 next;

SEC("tc")
int use(struct __sk_buff *skb)
{
	__u64 key = next;

	next = key + 1;
	return !bpf_map_lookup_elem(&values, &key);
}
