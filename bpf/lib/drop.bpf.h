/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets of one protocol that the kernel drops:
 *
 *	#define DROP_PROTOCOL IPPROTO_TCP
 *	ON_DROP { ... ctx, location, reason (0: not told), sk (NULL: none that is known), packet ... }
 */
#ifndef DROP_BPF_H
#define DROP_BPF_H

#include "lib/sock.bpf.h"

#define ETH_P_IP   0x0800	/* include/uapi/linux/if_ether.h */
#define ETH_P_IPV6 0x86dd

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sk_buff___own {
	unsigned char *head;
	__u16 network_header;
	__be16 protocol;
	struct sock___own *sk;
};
#pragma clang attribute pop

/* What is read of a packet; the headers are the network's. */
struct packet {
	__u32 source[4], destination[4];
	__u16 source_port, destination_port;
	__u32 family;
	__u8 rest[10];		/* of its header, behind the ports */
};

static __always_inline bool packet_read(const struct sk_buff___own *skb, __be16 protocol, struct packet *p)
{
	const unsigned char *ip = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header), *inner;
	__u8 header[40], ports[4];

	if (bpf_probe_read_kernel(header, protocol == bpf_htons(ETH_P_IP) ? 20 : 40, ip))
		return false;
	if (header[0] >> 4 == 4 && header[9] == DROP_PROTOCOL) {
		p->family = 4;
		__builtin_memcpy(p->source, header + 12, 4);
		__builtin_memcpy(p->destination, header + 16, 4);
		inner = ip + (header[0] & 15) * 4;
	} else if (header[0] >> 4 == 6 && protocol == bpf_htons(ETH_P_IPV6) && header[6] == DROP_PROTOCOL) {
		p->family = 6;
		__builtin_memcpy(p->source, header + 8, 16);
		__builtin_memcpy(p->destination, header + 24, 16);
		inner = ip + 40;
	} else {
		return false;
	}
	if (bpf_probe_read_kernel(ports, sizeof(ports), inner) || bpf_probe_read_kernel(p->rest, sizeof(p->rest), inner + 4))
		return false;
	p->source_port = ports[0] << 8 | ports[1];
	p->destination_port = ports[2] << 8 | ports[3];
	return true;
}

/* A socket's own way to name the ends, where there is one; else those of a packet that came in. True: it went out. */
static __always_inline bool packet_flow(const struct sock___own *sk, const struct packet *p, struct flow *f)
{
	bool outgoing = false;

	if (sk) {
		flow_fill(false, sk, f);
		outgoing = f->lport == p->source_port && f->lport != p->destination_port;
	}
	f->family = p->family;
	__builtin_memcpy(f->laddr, outgoing ? p->source : p->destination, sizeof(f->laddr));
	__builtin_memcpy(f->raddr, outgoing ? p->destination : p->source, sizeof(f->raddr));
	f->lport = outgoing ? p->source_port : p->destination_port;
	f->rport = outgoing ? p->destination_port : p->source_port;
	return outgoing;
}

static __noinline int packet_dropped(void *ctx, __u64 location, __u32 reason, const struct sock___own *sk,
				     const struct packet *packet);

static __noinline int drop_look(void *ctx, const struct sk_buff___own *skb, __u64 location, __u32 reason,
				const struct sock___own *sk)
{
	__be16 protocol = BPF_CORE_READ(skb, protocol);
	struct packet packet = {};

	if ((protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6)) || !packet_read(skb, protocol, &packet))
		return 0;
	return packet_dropped(ctx, location, reason, sk ?: BPF_CORE_READ(skb, sk), &packet);
}

/* args3: with the reason: commit c504e5c2f964, 5.17; args4: and the socket: commit c53795d48ee8, 6.11 */
#define ON_DROP									\
ON_TRACE_AS(drop__args2, kfree_skb, const struct sk_buff___own *skb, __u64 location) \
{										\
	return drop_look(ctx, skb, location, 0, NULL);				\
}										\
										\
ON_TRACE_AS(drop__args3, kfree_skb, const struct sk_buff___own *skb, __u64 location, __u32 reason) \
{										\
	return drop_look(ctx, skb, location, reason, NULL);			\
}										\
										\
ON_TRACE_AS(drop__args4, kfree_skb, const struct sk_buff___own *skb, __u64 location, __u32 reason,	\
	    const struct sock___own *sk)					\
{										\
	return drop_look(ctx, skb, location, reason, sk);			\
}										\
										\
static __noinline int packet_dropped(void *ctx, __u64 location, __u32 reason, const struct sock___own *sk,	\
				     const struct packet *packet)

#endif
