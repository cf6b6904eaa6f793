/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is in an skb, wherever in the kernel it is met: read as memory, with nothing taken for granted. */
#ifndef SKB_BPF_H
#define SKB_BPF_H

#include "lib/sock.bpf.h"
#include "lib/netdev.bpf.h"
#include "lib/packet.bpf.h"

#define SKB_MEMORY ((enum packet_from)100)
#define SKB_ICMP6 58

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sk_buff___own {
	unsigned char *head, *data;
	unsigned int len;
	__u16 network_header, inner_network_header;
	__be16 protocol;
	__u32 mark;
	struct net_device___own *dev;
	struct sock___own *sk;
};
#pragma clang attribute pop

struct skb_headers {
	struct flow flow;	/* l is the source, r the destination; without ports: 0 */
	__u32 stamp;		/* what tells a packet from others of its flow, and no router changes */
	__u8 protocol, ttl;
	__u8 pad[2];
};

/* After the ports: TCP's sequence number, UDP's length, ICMP's id and number. */
static __always_inline __u32 skb_stamp(__u8 protocol, __u32 id, const __u32 *rest)
{
	__u32 stamp = id << 16 ^ protocol;

	if (protocol == IPPROTO_UDP)
		return stamp ^ (bpf_ntohl(*rest) & 0xffff0000) >> 8;
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_ICMP || protocol == SKB_ICMP6)
		return stamp ^ bpf_ntohl(*rest);
	return stamp;
}

/* As packet_read(), and from the kernel's memory at in->data. */
static __always_inline bool skb_read(const enum packet_from from, const struct packet_in *in, __u32 at, void *to, const __u32 n)
{
	return from == SKB_MEMORY ? !bpf_probe_read_kernel(to, n, in->data + at) : packet_read(from, in, at, to, n);
}

/* Where what is behind the tags of VLANs begins; type: of what is at `at`. */
static __always_inline __u32 skb_behind_tags(const enum packet_from from, const struct packet_in *in, __u32 at, __be16 type)
{
#pragma unroll
	for (int i = 0; i < PACKET_TAGS; i++) {
		if (!packet_is_tag(bpf_ntohs(type)) || !skb_read(from, in, at + 2, &type, sizeof(type)))
			break;
		at += sizeof(struct packet_tag);
	}
	return at;
}

/* IP's header and what is behind it; extension headers of IPv6 are not looked behind. *h must be zero; false: it is no IP. */
static __always_inline bool skb_parse(const enum packet_from from, const struct packet_in *in, __u32 at, struct skb_headers *h)
{
	__u32 rest[2] = {}, size = 40, id = 0;
	struct packet_ip4 ip4;
	struct packet_ip6 ip6;
	bool later = false;

	if (!skb_read(from, in, at, &ip4, sizeof(ip4)))
		return false;
	if (ip4.version >> 4 == 4) {
		size = (ip4.version & 15) * 4;
		if (size < sizeof(ip4))
			return false;
		h->flow.family = 4;
		h->flow.laddr[0] = ip4.saddr;
		h->flow.raddr[0] = ip4.daddr;
		h->protocol = ip4.protocol;
		h->ttl = ip4.ttl;
		later = ip4.fragment & bpf_htons(0x1fff);
		id = bpf_ntohs(ip4.id) ^ (later ? bpf_ntohs(ip4.fragment) : 0);
	} else if (ip4.version >> 4 == 6) {
		if (!skb_read(from, in, at, &ip6, sizeof(ip6)))
			return false;
		h->flow.family = 6;
		for (int i = 0; i < 4; i++) {
			h->flow.laddr[i] = ip6.saddr[i];
			h->flow.raddr[i] = ip6.daddr[i];
		}
		h->protocol = ip6.next;
		h->ttl = ip6.hops;
	} else {
		return false;
	}
	if (!later && skb_read(from, in, at + size, rest, sizeof(rest)) && packet_has_ports(h->protocol)) {
		h->flow.lport = bpf_ntohl(rest[0]) >> 16;
		h->flow.rport = bpf_ntohl(rest[0]);
	}
	h->stamp = skb_stamp(h->protocol, id, rest + 1);
	return true;
}

#endif
