// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/packet.bpf.h"
#include "sockfilter.h"

#define PACKET_OUTGOING 4	/* include/uapi/linux/if_packet.h */

const volatile bool by_vlan;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct sockfilter_key);
	__type(value, struct sockfilter_value);
} protocols SEC(".maps");

/* Where the packet in the frame begins. Not each interface has Ethernet's header; the tag of a VLAN may be beside the frame. */
static __always_inline __u32 behind_link(struct __sk_buff *ctx, struct packet *p)
{
	struct packet_tag tag;
	__u16 type = 0;
	__u32 at = 14;

	p->ether_type = bpf_ntohs(ctx->protocol);
	if (ctx->vlan_present) {
		p->vlan = ctx->vlan_tci & 0xfff;
		p->flags |= PACKET_VLAN;
	}
	if (bpf_skb_load_bytes(ctx, 12, &type, sizeof(type)) || type != (__u16)ctx->protocol)
		return 0;
#pragma unroll
	for (int i = 0; i < PACKET_TAGS; i++) {
		if (!packet_is_tag(p->ether_type))
			break;
		if (bpf_skb_load_bytes(ctx, at, &tag, sizeof(tag))) {
			p->flags |= PACKET_BAD;
			break;
		}
		if (!(p->flags & PACKET_VLAN))
			p->vlan = bpf_ntohs(tag.tci) & 0xfff;
		p->flags |= PACKET_VLAN;
		p->ether_type = bpf_ntohs(tag.type);
		at += sizeof(tag);
	}
	return at;
}

/* The socket gets all that goes through its interface, and nothing of it is kept: 0 bytes. */
SEC("socket")
int on_packet(struct __sk_buff *ctx)
{
	static const struct sockfilter_value zero;
	struct sockfilter_key key = { .index = ctx->ifindex, .outgoing = ctx->pkt_type == PACKET_OUTGOING };
	const struct packet_in in = { .ctx = ctx };
	struct sockfilter_value *value;
	struct packet p = {};

	packet_ip(PACKET_MAC, &in, &p, behind_link(ctx, &p));
	key.ether_type = p.ether_type;
	if (p.flags & PACKET_PROTOCOL) {
		key.has_protocol = true;
		key.protocol = p.protocol;
	}
	if (by_vlan && p.flags & PACKET_VLAN)
		key.vlan = p.vlan + 1;
	value = map_get_or_init(&protocols, &key, &zero);
	if (!value)
		return 0;
	add(&value->packets, 1);
	add(&value->bytes, ctx->len + (ctx->vlan_present ? 4 : 0));	/* a tag that stands beside the packet */
	if (p.flags & PACKET_FRAGMENT)
		add(&value->fragments, 1);
	if (p.flags & PACKET_BAD)
		add(&value->malformed, 1);
	return 0;
}
