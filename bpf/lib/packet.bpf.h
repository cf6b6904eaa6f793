/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is in a packet, from any hook: each header is looked at only where all of it is there.
 *
 *	struct packet p = {};
 *	packet_of_xdp(ctx, &p);			in XDP
 *	packet_of_skb(ctx, &p, true);		in tc: from Ethernet's header on
 *	packet_of_skb(ctx, &p, false);		in cgroup_skb and socket filters: from IP's header on
 */
#ifndef PACKET_BPF_H
#define PACKET_BPF_H

#include <bpf/bpf_endian.h>
#include "lib/packet.h"

#define PACKET_TAGS	   3	/* of VLANs */
#define PACKET_EXTENSIONS  8	/* headers of IPv6 before the transport's */
#define PACKET_DEEPEST	   1500	/* where the last header may begin */

enum {
	PACKET_HOPOPTS = 0, PACKET_ROUTING = 43, PACKET_FRAGMENTS = 44, PACKET_AH = 51, PACKET_DSTOPTS = 60,
	PACKET_MH = 135, PACKET_HIP = 139, PACKET_SHIM6 = 140,
};

#define TC_ACT_UNSPEC (-1)	/* include/uapi/linux/pkt_cls.h */
#define TC_ACT_OK     0
#define TC_ACT_SHOT   2

enum packet_from { PACKET_XDP, PACKET_MAC, PACKET_NET, PACKET_MEMORY };

struct packet_in {
	void *ctx;
	const void *data, *end;		/* XDP and memory only */
};

struct packet_ether {
	__u16 dmac[3], smac[3];
	__u16 type;
};

struct packet_tag {
	__u16 tci, type;
};

struct packet_ip4 {
	__u8 version, tos;
	__u16 length, id, fragment;
	__u8 ttl, protocol;
	__u16 check;
	__u32 saddr, daddr;
};

struct packet_ip6 {
	__u32 version;
	__u16 length;
	__u8 next, hops;
	__u32 saddr[4], daddr[4];
};

struct packet_extension {
	__u8 next, length;
	__u16 fragment;
};

/* `n` bytes at `at`, an even constant; false: the packet ends before. */
static __always_inline bool packet_read(const enum packet_from from, const struct packet_in *in, __u32 at, void *to, const __u32 n)
{
	if (from == PACKET_XDP) {
		const void *data = in->data + at;

		if (at > PACKET_DEEPEST || data + n > in->end)
			return false;
		if (n % 4 == 0) {
#pragma unroll
			for (__u32 i = 0; i < n / 4; i++)
				((__u32 *)to)[i] = ((const __u32 *)data)[i];
		} else {
#pragma unroll
			for (__u32 i = 0; i < n / 2; i++)
				((__u16 *)to)[i] = ((const __u16 *)data)[i];
		}
		return true;
	}
	if (at > PACKET_DEEPEST)
		return false;
	if (from == PACKET_MEMORY)	/* of the kernel, for programs that trace others */
		return in->data + at + n <= in->end && !bpf_probe_read_kernel(to, n, in->data + at);
	if (from == PACKET_MAC)
		return !bpf_skb_load_bytes(in->ctx, at, to, n);
	return !bpf_skb_load_bytes_relative(in->ctx, at, to, n, BPF_HDR_START_NET);
}

static __always_inline bool packet_has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP ||
	       protocol == IPPROTO_UDPLITE;
}

/* Behind IP: ports, if this piece has them. */
static __always_inline void packet_transport(const enum packet_from from, const struct packet_in *in, struct packet *p, __u32 at, bool later)
{
	__u16 ports[2];

	p->payload = at;
	p->flags |= PACKET_PROTOCOL;
	if (later || !packet_has_ports(p->protocol))
		return;
	if (!packet_read(from, in, at, ports, sizeof(ports))) {
		p->flags |= PACKET_BAD;
		return;
	}
	p->sport = bpf_ntohs(ports[0]);
	p->dport = bpf_ntohs(ports[1]);
	p->flags |= PACKET_PORTS;
}

static __always_inline void packet_ip4(const enum packet_from from, const struct packet_in *in, struct packet *p, __u32 at)
{
	struct packet_ip4 ip;
	__u16 fragment;
	__u32 size;

	if (!packet_read(from, in, at, &ip, sizeof(ip))) {
		p->flags |= PACKET_BAD;
		return;
	}
	size = (ip.version & 0xf) * 4;
	if (ip.version >> 4 != 4 || size < sizeof(ip)) {
		p->flags |= PACKET_BAD;
		return;
	}
	p->family = 4;
	p->saddr[0] = ip.saddr;
	p->daddr[0] = ip.daddr;
	p->protocol = ip.protocol;
	fragment = bpf_ntohs(ip.fragment) & 0x3fff;	/* more of them, or not the first */
	if (fragment)
		p->flags |= PACKET_FRAGMENT;
	packet_transport(from, in, p, at + size, fragment & 0x1fff);
}

/* The headers that may stand before the transport's: RFC 8200, 4302, 6275, 7401, 5533. */
static __always_inline bool packet_is_extension(__u8 next)
{
	return next == PACKET_HOPOPTS || next == PACKET_ROUTING || next == PACKET_DSTOPTS || next == PACKET_FRAGMENTS ||
	       next == PACKET_AH || next == PACKET_MH || next == PACKET_HIP || next == PACKET_SHIM6;
}

static __always_inline void packet_ip6(const enum packet_from from, const struct packet_in *in, struct packet *p, __u32 at)
{
	struct packet_extension extension;
	struct packet_ip6 ip;
	bool later = false;
	__u8 next;

	if (!packet_read(from, in, at, &ip, sizeof(ip)) || (bpf_ntohl(ip.version) >> 28) != 6) {
		p->flags |= PACKET_BAD;
		return;
	}
	p->family = 6;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		p->saddr[i] = ip.saddr[i];
		p->daddr[i] = ip.daddr[i];
	}
	next = ip.next;
	at += sizeof(ip);
#pragma unroll		/* as a loop, 6.1's verifier refuses it where it is not entered at its head */
	for (int i = 0; i < PACKET_EXTENSIONS; i++) {
		if (later || !packet_is_extension(next))
			break;
		if (!packet_read(from, in, at, &extension, sizeof(extension))) {
			p->flags |= PACKET_BAD;
			return;
		}
		if (next == PACKET_FRAGMENTS) {
			p->flags |= PACKET_FRAGMENT;
			later = bpf_ntohs(extension.fragment) & 0xfff8;
			at += 8;
		} else {
			at += next == PACKET_AH ? (extension.length + 2) * 4 : (extension.length + 1) * 8;
		}
		next = extension.next;
	}
	if (!later && packet_is_extension(next)) {	/* more of them than anybody sends */
		p->flags |= PACKET_BAD;
		return;
	}
	p->protocol = next;	/* of a later piece, what its first one begins with */
	packet_transport(from, in, p, at, later);
}

static __always_inline void packet_ip(const enum packet_from from, const struct packet_in *in, struct packet *p, __u32 at)
{
	if (p->ether_type == 0x0800)
		packet_ip4(from, in, p, at);
	else if (p->ether_type == 0x86dd)
		packet_ip6(from, in, p, at);
}

static __always_inline bool packet_is_tag(__u16 type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

static __always_inline void packet_ether(const enum packet_from from, const struct packet_in *in, struct packet *p)
{
	struct packet_ether ether;
	struct packet_tag tag;
	__u32 at = sizeof(ether);

	if (!packet_read(from, in, 0, &ether, sizeof(ether))) {
		p->flags |= PACKET_BAD;
		return;
	}
#pragma unroll
	for (int i = 0; i < 3; i++) {
		p->dmac[i] = ether.dmac[i];
		p->smac[i] = ether.smac[i];
	}
	p->flags |= PACKET_ETHER;
	p->ether_type = bpf_ntohs(ether.type);
#pragma unroll
	for (int i = 0; i < PACKET_TAGS; i++) {
		if (!packet_is_tag(p->ether_type))
			break;
		if (!packet_read(from, in, at, &tag, sizeof(tag))) {
			p->flags |= PACKET_BAD;
			return;
		}
		if (!(p->flags & PACKET_VLAN))
			p->vlan = bpf_ntohs(tag.tci) & 0xfff;
		p->flags |= PACKET_VLAN;
		p->ether_type = bpf_ntohs(tag.type);
		at += sizeof(tag);
	}
	if (packet_is_tag(p->ether_type))	/* more of them than are looked at: what is behind is not known */
		p->flags |= PACKET_BAD;
	packet_ip(from, in, p, at);
}

/* Where nothing but the version tells what it is. */
static __always_inline void packet_bare(const struct packet_in *in, struct packet *p)
{
	__u16 version;

	if (!packet_read(PACKET_XDP, in, 0, &version, sizeof(version))) {
		p->flags |= PACKET_BAD;
		return;
	}
	version = bpf_ntohs(version) >> 12;
	p->ether_type = version == 4 ? 0x0800 : version == 6 ? 0x86dd : 0;
	packet_ip(PACKET_XDP, in, p, 0);
}

/* With all its pieces. */
static __always_inline __u32 packet_length_xdp(struct xdp_md *ctx)
{
	return common.frags ? bpf_xdp_get_buff_len(ctx) : ctx->data_end - ctx->data;
}

static __always_inline void packet_of_xdp(struct xdp_md *ctx, struct packet *p)
{
	const struct packet_in in = { ctx, (void *)(long)ctx->data, (void *)(long)ctx->data_end };

	p->length = packet_length_xdp(ctx);
	if (common.no_ether)
		packet_bare(&in, p);
	else
		packet_ether(PACKET_XDP, &in, p);
}

/* The outer tag of a VLAN may stand beside the packet. */
static __always_inline void packet_of_skb(struct __sk_buff *ctx, struct packet *p, const bool mac)
{
	const struct packet_in in = { .ctx = ctx };

	p->length = ctx->len;
	p->mark = ctx->mark;
	if (!mac || common.no_ether) {
		p->ether_type = bpf_ntohs(ctx->protocol);
		packet_ip(PACKET_NET, &in, p, 0);
		return;
	}
	if (ctx->vlan_present) {
		p->vlan = ctx->vlan_tci & 0xfff;
		p->flags |= PACKET_VLAN;
	}
	packet_ether(PACKET_MAC, &in, p);
}

/* The same both ways, and of all pieces of a packet: a flow stays in order. */
static __always_inline __u32 packet_hash(const struct packet *p, const bool by_pair)
{
	__u32 h = p->family;

#pragma unroll
	for (int i = 0; i < 4; i++)
		h = (h ^ (p->saddr[i] ^ p->daddr[i])) * 0x9e3779b1;
	if (!by_pair && (p->flags & PACKET_PORTS) && !(p->flags & PACKET_FRAGMENT))
		h = (h ^ ((__u32)(p->sport ^ p->dport) << 8 | p->protocol)) * 0x9e3779b1;
	return h ^ h >> 16;
}

#endif
