// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "cgnet.h"

const volatile __u32 depth;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct cgnet_key);
	__type(value, struct cgnet_value);
} cgroups SEC(".maps");

/* Whose socket it is: the kernel runs this with the socket's cgroup, whoever runs at the moment. */
static __always_inline int count(struct __sk_buff *skb, const bool sent)
{
	static const struct cgnet_value zero;
	struct cgnet_key key = {};
	struct cgnet_value *value;

	if (depth)
		key.cgroup = bpf_skb_ancestor_cgroup_id(skb, depth);
	if (!key.cgroup)	/* no deeper than that */
		key.cgroup = bpf_skb_cgroup_id(skb);
	value = map_get_or_init(&cgroups, &key, &zero);
	if (!value)
		return 1;
	add(sent ? &value->tx : &value->rx, skb->len);
	add(sent ? &value->tx_packets : &value->rx_packets, 1);
	return 1;
}

SEC("?cgroup/skb")
int on_cgroup(struct __sk_buff *skb)
{
	return count(skb, false);
}

SEC("?cgroup/skb")
int on_cgroup_egress(struct __sk_buff *skb)
{
	return count(skb, true);
}
