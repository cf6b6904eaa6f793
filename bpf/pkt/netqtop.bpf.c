// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/netdev.bpf.h"
#include "netqtop.h"

const volatile bool total;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sk_buff___own {
	struct net_device___own *dev;
	unsigned int len;
	unsigned char *head, *data;
	__u16 queue_mapping, mac_header;
};
#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct netqtop_key);
	__type(value, struct netqtop_value);
} queues SEC(".maps");

static __always_inline int count(const bool direct, const struct net_device___own *dev, __u32 queue, bool receives, __u64 bytes)
{
	static const struct netqtop_value zero;
	struct netqtop_key key = { netdev_space(dev), READ(dev, ifindex), total ? 0 : queue, receives };
	struct netqtop_value *value = map_get_or_init(&queues, &key, &zero);

	if (!value)
		return 0;
	if (!*value->name)
		netdev_name(value->name, dev);
	add(&value->bytes, bytes);
	add(&value->size[bytes < 64 ? 0 : bytes < 512 ? 1 : bytes < 2048 ? 2 : bytes < 16384 ? 3 : bytes < 65536 ? 4 : 5], 1);
	return 0;
}

ON_TRACE(net_dev_start_xmit, const struct sk_buff___own *skb, const struct net_device___own *dev)
{
	return count(direct, dev, READ(skb, queue_mapping), false, READ(skb, len));
}

/* Here the header of the link is behind the packet; what is not set is all ones. Queues are counted from 1, 0 is not known. */
ON_TRACE(netif_receive_skb, const struct sk_buff___own *skb)
{
	__u32 queue = READ(skb, queue_mapping), header = READ(skb, mac_header);
	__u64 bytes = READ(skb, len);

	if (header != 0xffff)
		bytes += READ(skb, data) - READ(skb, head) - header;
	return count(direct, READ(skb, dev), queue ? queue - 1 : 0, true, bytes);
}
