// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/packet.bpf.h"
#include "flowtop.h"

const volatile bool by_flow, only_4, only_6;

/* What comes when it is full is counted as lost; user space takes out what has been silent. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct flowtop_key);
	__type(value, struct flowtop_value);
} flows SEC(".maps");

static __always_inline void count(const struct packet *p)
{
	static const struct flowtop_value zero;
	struct flowtop_key key = {};
	struct flowtop_value *value;

	if ((only_4 || only_6) && !(only_4 && p->family == 4) && !(only_6 && p->family == 6))
		return;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		key.saddr[i] = p->saddr[i];
		key.daddr[i] = p->daddr[i];
	}
	key.family = p->family;
	if (by_flow) {
		key.protocol = p->protocol;
		key.sport = p->sport;
		key.dport = p->dport;
	}
	value = map_get_or_init(&flows, &key, &zero);
	if (!value)
		return;
	add(&value->packets, 1);
	add(&value->bytes, p->length);
}

SEC("?xdp")
int on_xdp(struct xdp_md *ctx)
{
	struct packet p = {};

	packet_of_xdp(ctx, &p);
	count(&p);
	return XDP_PASS;
}

SEC("?tc")
int on_tc(struct __sk_buff *ctx)
{
	struct packet p = {};

	packet_of_skb(ctx, &p, true);
	count(&p);
	return TC_ACT_UNSPEC;
}

SEC("?cgroup/skb")
int on_cgroup(struct __sk_buff *ctx)
{
	struct packet p = {};

	packet_of_skb(ctx, &p, false);
	count(&p);
	return 1;
}
