// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/owner.bpf.h"
#include "lib/stack.bpf.h"
#include "tcpdrop.h"

#define ETH_P_IP   0x0800	/* include/uapi/linux/if_ether.h */
#define ETH_P_IPV6 0x86dd

const volatile bool want_stack;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sk_buff___own {
	unsigned char *head;
	__u16 network_header;
	__be16 protocol;
	struct sock___own *sk;
};
#pragma clang attribute pop

/* What is read of a segment; the headers are the network's. */
struct segment {
	__u32 source[4], destination[4];
	__u16 source_port, destination_port;
	__u32 family;
	__u8 flags;
};

static __always_inline bool segment_read(const struct sk_buff___own *skb, __be16 protocol, struct segment *s)
{
	const unsigned char *ip = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header), *tcp;
	__u8 header[40], ports[14];

	if (bpf_probe_read_kernel(header, protocol == bpf_htons(ETH_P_IP) ? 20 : 40, ip))
		return false;
	if (header[0] >> 4 == 4 && header[9] == IPPROTO_TCP) {
		s->family = 4;
		__builtin_memcpy(s->source, header + 12, 4);
		__builtin_memcpy(s->destination, header + 16, 4);
		tcp = ip + (header[0] & 15) * 4;
	} else if (header[0] >> 4 == 6 && protocol == bpf_htons(ETH_P_IPV6) && header[6] == IPPROTO_TCP) {
		s->family = 6;
		__builtin_memcpy(s->source, header + 8, 16);
		__builtin_memcpy(s->destination, header + 24, 16);
		tcp = ip + 40;
	} else {
		return false;
	}
	if (bpf_probe_read_kernel(ports, sizeof(ports), tcp))
		return false;
	s->source_port = ports[0] << 8 | ports[1];
	s->destination_port = ports[2] << 8 | ports[3];
	s->flags = ports[13] & 63;
	return true;
}

/* A socket's own way to name the ends, where there is one; else those of a segment that came in. */
static __always_inline bool flow_of(const struct sock___own *sk, const struct segment *s, struct flow *f)
{
	bool outgoing = false;

	if (sk) {
		flow_fill(false, sk, f);
		outgoing = f->lport == s->source_port && f->lport != s->destination_port;
	}
	f->family = s->family;
	__builtin_memcpy(f->laddr, outgoing ? s->source : s->destination, sizeof(f->laddr));
	__builtin_memcpy(f->raddr, outgoing ? s->destination : s->source, sizeof(f->raddr));
	f->lport = outgoing ? s->source_port : s->destination_port;
	f->rport = outgoing ? s->destination_port : s->source_port;
	return outgoing;
}

static __noinline int dropped(void *ctx, const struct sk_buff___own *skb, __u64 location, __u32 reason, const struct sock___own *sk)
{
	__be16 protocol = BPF_CORE_READ(skb, protocol);
	const struct owner *owner = NULL;
	struct segment segment = {};
	struct tcpdrop_event *e;
	struct flow flow = {};
	__u32 state = 0;
	__u64 stack = 0;
	bool outgoing;

	if (protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6))
		return 0;
	if (!segment_read(skb, protocol, &segment))
		return 0;
	if (!sk)
		sk = BPF_CORE_READ(skb, sk);
	if (sk) {
		state = BPF_CORE_READ(sk, __sk_common.skc_state);
		if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV || !sock_is_tcp(sk))
			sk = NULL;	/* no whole socket, or not one of TCP */
	}
	if (sk)
		owner = owner_of(sk);
	if (!owner_wanted(owner))
		return 0;
	outgoing = flow_of(sk, &segment, &flow);
	if (!filter_flow(&flow))
		return 0;
	if (want_stack)
		stack = stack_kernel(ctx);
	e = event_reserve(struct tcpdrop_event);
	if (!e)
		return 0;
	if (sk)
		owner_fill(&e->origin, sk, owner);
	else
		origin_unknown(&e->origin);
	e->flow = flow;
	e->location = location;
	e->stack = stack;
	e->reason = reason;
	e->state = sk ? state : 0;
	e->flags = segment.flags;
	e->outgoing = outgoing;
	event_submit(e);
	return 0;
}

/* args3: with the reason: commit c504e5c2f964, 5.17; args4: and the socket: commit c53795d48ee8, 6.11 */
ON_TRACE_AS(drop__args2, kfree_skb, const struct sk_buff___own *skb, __u64 location)
{
	return dropped(ctx, skb, location, 0, NULL);
}

ON_TRACE_AS(drop__args3, kfree_skb, const struct sk_buff___own *skb, __u64 location, __u32 reason)
{
	return dropped(ctx, skb, location, reason, NULL);
}

ON_TRACE_AS(drop__args4, kfree_skb, const struct sk_buff___own *skb, __u64 location, __u32 reason, const struct sock___own *sk)
{
	return dropped(ctx, skb, location, reason, sk);
}

OWNERS
