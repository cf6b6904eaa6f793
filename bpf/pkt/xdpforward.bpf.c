// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/netdev.bpf.h"
#include "lib/packet.bpf.h"
#include "xdpforward.h"

const volatile bool direct_lookup;
const volatile __u32 own_netns;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XDPFORWARD_PORTS);
	__type(key, __u32);	/* an interface */
	__type(value, struct xdpforward_port);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, XDPFORWARD_PORTS);
	__type(key, __u32);
	__type(value, __u32);	/* the same interface */
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDPFORWARD_PORTS * XDPFORWARD_FATES);
	__type(key, __u32);
	__type(value, struct xdpforward_count);
} counters SEC(".maps");

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
/* With this, 6.3, came that packets in several pieces are sent on: before, they would be lost. */
struct net_device___sends_pieces {
	__u32 xdp_features;
};
#pragma clang attribute pop

static __always_inline void count(const struct xdpforward_port *port, __u32 fate, __u32 packets, __u32 bytes)
{
	__u32 at = port->at * XDPFORWARD_FATES + fate;
	struct xdpforward_count *count = bpf_map_lookup_elem(&counters, &at);

	if (!count) {
		lose(LOSS_MAP);
		return;
	}
	count->packets += packets;
	count->bytes += bytes;
}

/* The look-up finds a route for these as well, by which no router sends: RFC 1812, 5.3.7; multicast has routes of its own. */
static __always_inline bool stays4(__u32 address)
{
	__u8 first = bpf_ntohl(address) >> 24;

	return !first || first == 127 || first >= 224;
}

/* RFC 4291, 2.5: not specified, of the host, of the link, to many. */
static __always_inline bool stays6(const __u32 *address)
{
	__u32 first = bpf_ntohl(address[0]);

	return first >> 24 == 0xff || first >> 22 == 0xfe80 >> 6 ||
	       (!(address[0] | address[1] | address[2]) && bpf_ntohl(address[3]) <= 1);
}

static __always_inline bool is_whole(const struct packet_ip4 *ip)
{
	const __u16 *part = (const void *)ip;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += part[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)(sum + (sum >> 16)) == 0xffff;
}

static __always_inline __u32 ask4(const struct packet_ip4 *ip, const void *end, __u32 length, struct bpf_fib_lookup *fib)
{
	const __u16 *ends = (const void *)(ip + 1);

	if ((void *)(ip + 1) > end || ip->version >> 4 != 4 || (ip->version & 0xf) < 5)
		return XDPFORWARD_MALFORMED;
	if (ip->version != 0x45)
		return XDPFORWARD_OPTIONS;
	if (bpf_ntohs(ip->length) < sizeof(*ip) || bpf_ntohs(ip->length) > length || !is_whole(ip))
		return XDPFORWARD_MALFORMED;
	if (stays4(ip->saddr) || stays4(ip->daddr))
		return XDPFORWARD_SCOPE;
	if (ip->ttl <= 1)
		return XDPFORWARD_TTL;
	fib->family = 2;	/* AF_INET */
	fib->tos = ip->tos;
	fib->l4_protocol = ip->protocol;
	fib->tot_len = bpf_ntohs(ip->length);
	fib->ipv4_src = ip->saddr;
	fib->ipv4_dst = ip->daddr;
	if (!(ip->fragment & bpf_htons(0x3fff)) && packet_has_ports(ip->protocol) && (void *)(ends + 2) <= end) {
		fib->sport = ends[0];
		fib->dport = ends[1];
	}
	return XDPFORWARD_FORWARDED;
}

static __always_inline __u32 ask6(const struct packet_ip6 *ip, const void *end, __u32 length, struct bpf_fib_lookup *fib)
{
	const __u16 *ends = (const void *)(ip + 1);

	if ((void *)(ip + 1) > end || bpf_ntohl(ip->version) >> 28 != 6)
		return XDPFORWARD_MALFORMED;
	if (ip->next == PACKET_HOPOPTS)		/* each router is to look at them */
		return XDPFORWARD_OPTIONS;
	if (bpf_ntohs(ip->length) + sizeof(*ip) > length)
		return XDPFORWARD_MALFORMED;
	if (stays6(ip->saddr) || stays6(ip->daddr))
		return XDPFORWARD_SCOPE;
	if (ip->hops <= 1)
		return XDPFORWARD_TTL;
	fib->family = 10;	/* AF_INET6 */
	fib->flowinfo = ip->version & bpf_htonl(0x0fffffff);
	fib->l4_protocol = ip->next;
	fib->tot_len = bpf_ntohs(ip->length) + sizeof(*ip);
#pragma unroll
	for (int i = 0; i < 4; i++) {
		fib->ipv6_src[i] = ip->saddr[i];
		fib->ipv6_dst[i] = ip->daddr[i];
	}
	if (packet_has_ports(ip->next) && (void *)(ends + 2) <= end) {
		fib->sport = ends[0];
		fib->dport = ends[1];
	}
	return XDPFORWARD_FORWARDED;
}

/* One hop less, and the checksum as that changes it (RFC 1624). */
static __always_inline void hop(struct packet_ether *ether, const bool six)
{
	struct packet_ip4 *ip = (void *)(ether + 1);
	__u32 sum;

	if (six) {
		((struct packet_ip6 *)ip)->hops--;
		return;
	}
	sum = ip->check + bpf_htons(0x0100);
	ip->check = sum + (sum >= 0xffff);
	ip->ttl--;
}

/* The packet is changed only once it is sure that it goes. */
static __always_inline __u32 forward(struct xdp_md *ctx, const struct xdpforward_port *port, __u32 length)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct bpf_fib_lookup fib = { .ifindex = ctx->ingress_ifindex };
	struct packet_ether *ether = data;
	bool six;
	__u32 fate;
	long ret;

	if ((void *)(ether + 1) > end)
		return XDPFORWARD_MALFORMED;
	if (packet_is_tag(bpf_ntohs(ether->type)))
		return XDPFORWARD_VLAN;
	six = ether->type == bpf_htons(0x86dd);
	if (!six && ether->type != bpf_htons(0x0800))
		return XDPFORWARD_NOT_IP;
	if ((ether->dmac[0] ^ port->mac[0]) | (ether->dmac[1] ^ port->mac[1]) | (ether->dmac[2] ^ port->mac[2]))
		return XDPFORWARD_NOT_OURS;
	if (length > end - data && !bpf_core_field_exists(((struct net_device___sends_pieces *)0)->xdp_features))
		return XDPFORWARD_PIECES;
	length -= sizeof(*ether);
	fate = six ? ask6((void *)(ether + 1), end, length, &fib) : ask4((void *)(ether + 1), end, length, &fib);
	if (fate)
		return fate;
	ret = bpf_fib_lookup(ctx, &fib, sizeof(fib), direct_lookup ? BPF_FIB_LOOKUP_DIRECT : 0);
	if (ret)
		return ret > 0 && ret <= BPF_FIB_LKUP_RET_NO_SRC_ADDR ? XDPFORWARD_BLACKHOLE - 1 + ret : XDPFORWARD_FAILED;
	if (bpf_redirect_map(&devices, fib.ifindex, XDP_PASS) != XDP_REDIRECT)
		return XDPFORWARD_ELSEWHERE;
	if (six) {
		if ((void *)(ether + 1) + sizeof(struct packet_ip6) > end)
			return XDPFORWARD_MALFORMED;
		hop(ether, true);
	} else {
		if ((void *)(ether + 1) + sizeof(struct packet_ip4) > end)
			return XDPFORWARD_MALFORMED;
		hop(ether, false);
	}
	__builtin_memcpy(ether->dmac, fib.dmac, sizeof(ether->dmac));
	__builtin_memcpy(ether->smac, fib.smac, sizeof(ether->smac));
	return XDPFORWARD_FORWARDED;
}

SEC("?xdp")
int on_xdp(struct xdp_md *ctx)
{
	__u32 in = ctx->ingress_ifindex, fate, length = packet_length_xdp(ctx);
	struct xdpforward_port *port = bpf_map_lookup_elem(&ports, &in);

	if (!port)
		return XDP_PASS;
	fate = forward(ctx, port, length);
	count(port, fate, 1, length);
	return fate == XDPFORWARD_FORWARDED ? XDP_REDIRECT : XDP_PASS;
}

static __always_inline int lose_packets(const bool direct, const struct net_device___own *dev, int packets)
{
	__u32 in = READ(dev, ifindex);
	struct xdpforward_port *port = packets > 0 && netdev_space(dev) == own_netns ? bpf_map_lookup_elem(&ports, &in) : NULL;

	if (port)
		count(port, XDPFORWARD_LOST, packets, 0);
	return 0;
}

/* Where the other interface's driver had no room. */
ON_TRACE_AS(devmap_xmit, xdp_devmap_xmit, const struct net_device___own *dev, const struct net_device___own *to, int sent, int drops)
{
	return lose_packets(direct, dev, drops);
}

/* Where it takes no packets from XDP, or is down. */
ON_TRACE_AS(redirect_err, xdp_redirect_err, const struct net_device___own *dev)
{
	return lose_packets(direct, dev, 1);
}
