// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/skb.bpf.h"
#include "lib/event.bpf.h"
#include "pktpath.h"

#define NF_ACCEPT 1
#define EACCES 13
#define EINVAL 22
#define EHOSTUNREACH 113

const volatile __u32 only_protocol;
const volatile bool tunnels;
const volatile __u32 own_netns;	/* that of the interfaces with programs of our own */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct nf_hook_state___own {
	__u8 hook;	/* an int before 5.13 */
	struct net_device___own *in, *out;
};

struct bpf_nf_ctx___own {
	const struct nf_hook_state___own *state;
	const struct sk_buff___own *skb;
};

struct flowi4___own {
	__be32 saddr, daddr;
};

struct flowi6___own {
	struct in6_addr daddr, saddr;
};

struct fib6_nh___own {
	struct { struct net_device___own *nhc_dev; } nh_common;
};

struct fib6_result___own {
	struct fib6_nh___own *nh;
	__u8 fib6_type;
};
#pragma clang attribute pop

/* Packets that have been seen, by the skb, so that what translates their addresses does not lose them; the oldest go. */
struct known {
	__u32 stamp, netns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct known);
} known SEC(".maps");

/* The packet that this CPU is receiving, for what is said of it without it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pktpath_event);
} current SEC(".maps");

static __always_inline bool is_wanted(const struct skb_headers *h)
{
	return (!only_protocol || h->protocol == only_protocol) && filter_flow(&h->flow);
}

static __noinline int tell(struct pktpath_event *e)
{
	struct pktpath_event *now;
	__u32 zero = 0;

	e->origin.time = bpf_ktime_get_boot_ns();
	e->origin.cpu = bpf_get_smp_processor_id();
	event_output(e, sizeof(*e));
	now = bpf_map_lookup_elem(&current, &zero);
	if (now && e->stop != PKTPATH_ROUTE)
		*now = *e;
	return 0;
}

static __always_inline void put_headers(struct pktpath_event *e, const struct skb_headers *h)
{
	__u32 netns = e->flow.netns;

	e->flow = h->flow;
	e->flow.netns = netns;
	e->stamp = h->stamp;
	e->protocol = h->protocol;
	e->ttl = h->ttl;
}

/* Where IP's header is: not set yet when a packet comes in, and then behind tags at the most. */
static __always_inline const void *network_of(const struct sk_buff___own *skb, __u32 stop, const void *head)
{
	struct packet_in in = {};

	if (stop != PKTPATH_GRO && stop != PKTPATH_BACKLOG && stop != PKTPATH_RECEIVE)
		return head + BPF_CORE_READ(skb, network_header);
	in.data = BPF_CORE_READ(skb, data);
	return in.data + skb_behind_tags(SKB_MEMORY, &in, 0, BPF_CORE_READ(skb, protocol));
}

static __always_inline bool skb_is_wanted(const struct sk_buff___own *skb, const struct pktpath_event *e, struct skb_headers *h)
{
	struct packet_in in = { .data = network_of(skb, e->stop, (void *)e->head) };
	const struct known *was;
	__u16 inner;

	if (skb_parse(SKB_MEMORY, &in, 0, h)) {
		if (is_wanted(h))
			return true;
		was = bpf_map_lookup_elem(&known, &e->skb);
		if (was && was->stamp == h->stamp)	/* its addresses have been translated */
			return true;
	}
	if (!tunnels)
		return false;
	inner = BPF_CORE_READ(skb, inner_network_header);
	__builtin_memset(h, 0, sizeof(*h));
	in.data = (void *)e->head;
	return inner && skb_parse(SKB_MEMORY, &in, inner, h) && is_wanted(h);
}

static __always_inline void device_of(struct pktpath_event *e, const struct net_device___own *dev)
{
	if (!dev)
		return;
	e->index = BPF_CORE_READ(dev, ifindex);
	if (bpf_core_field_exists(dev->nd_net.net))
		e->flow.netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	netdev_name(e->name, dev);
}

static __noinline int skb_at(const struct sk_buff___own *skb, struct pktpath_event *e)
{
	struct skb_headers h = {};
	struct known is, *was;

	e->skb = (__u64)skb;
	e->head = (__u64)BPF_CORE_READ(skb, head);
	if (!skb_is_wanted(skb, e, &h))
		return 0;
	/* where a socket has it, there is something else in the place of the device */
	if (!e->index && e->stop != PKTPATH_READ && e->stop != PKTPATH_DONE && e->stop != PKTPATH_SOCKET)
		device_of(e, BPF_CORE_READ(skb, dev));
	was = bpf_map_lookup_elem(&known, &e->skb);
	if (!e->flow.netns && was)
		e->flow.netns = was->netns;
	is.stamp = h.stamp;
	is.netns = e->flow.netns;
	if (e->stop == PKTPATH_DONE || e->stop == PKTPATH_DROP)
		bpf_map_delete_elem(&known, &e->skb);
	else
		map_put(&known, &e->skb, &is);
	e->length = BPF_CORE_READ(skb, len);
	e->mark = BPF_CORE_READ(skb, mark);
	put_headers(e, &h);
	return tell(e);
}

static __always_inline int at(const struct sk_buff___own *skb, __u32 stop, __s32 result)
{
	struct pktpath_event e = { .stop = stop, .result = result };

	return skb_at(skb, &e);
}

/* --- On the way in. --- */

ON_TRACE_AS(gro, napi_gro_receive_entry, const struct sk_buff___own *skb)
{
	return at(skb, PKTPATH_GRO, 0);
}

ON_TRACE_AS(backlog, netif_rx, const struct sk_buff___own *skb)
{
	return at(skb, PKTPATH_BACKLOG, 0);
}

ON_TRACE_AS(receive, netif_receive_skb, const struct sk_buff___own *skb)
{
	return at(skb, PKTPATH_RECEIVE, 0);
}

static __always_inline int hooked(const struct sk_buff___own *skb, const struct nf_hook_state___own *state)
{
	struct pktpath_event e = { .stop = PKTPATH_NETFILTER, .result = BPF_CORE_READ_BITFIELD_PROBED(state, hook) };
	const struct net_device___own *in = BPF_CORE_READ(state, in);

	device_of(&e, in ?: BPF_CORE_READ(state, out));
	return skb_at(skb, &e);
}

/* What is looked up for the packet that this CPU has at hand; what is sent has had its route before. */
static __always_inline int routed(const __u32 *from, const __u32 *to, const int n, const struct net_device___own *dev, int result)
{
	struct pktpath_event *now, e;
	__u32 zero = 0;

	now = bpf_map_lookup_elem(&current, &zero);
	if (!now || !now->skb || now->stop > PKTPATH_IP)
		return 0;
	for (int i = 0; i < n; i++)
		if (now->flow.laddr[i] != from[i] || now->flow.raddr[i] != to[i])
			return 0;
	e = *now;
	e.stop = PKTPATH_ROUTE;
	e.result = result;
	e.index = 0;
	__builtin_memset(e.name, 0, sizeof(e.name));
	if (dev) {
		e.index = BPF_CORE_READ(dev, ifindex);
		netdev_name(e.name, dev);
	}
	return tell(&e);
}

ON_TRACE_AS(route4, fib_table_lookup, __u32 table, const struct flowi4___own *flow, const struct fib_nh_common *hop, int error)
{
	__u32 from = BPF_CORE_READ(flow, saddr), to = BPF_CORE_READ(flow, daddr);

	return routed(&from, &to, 1, hop ? (void *)BPF_CORE_READ(hop, nhc_dev) : NULL, error);
}

/* A route that refuses is a type of them: include/uapi/linux/rtnetlink.h. */
ON_TRACE_AS(route6, fib6_table_lookup, const void *net, const struct fib6_result___own *found, const void *table,
	    const struct flowi6___own *flow)
{
	__u8 type = BPF_CORE_READ(found, fib6_type);
	int error = type == RTN_BLACKHOLE ? -EINVAL : type == RTN_UNREACHABLE ? -EHOSTUNREACH : type == RTN_PROHIBIT ? -EACCES : 0;
	__u32 from[4], to[4];

	BPF_CORE_READ_INTO(&from, flow, saddr.in6_u.u6_addr32);
	BPF_CORE_READ_INTO(&to, flow, daddr.in6_u.u6_addr32);
	return routed(from, to, 4, BPF_CORE_READ(found, nh, nh_common.nhc_dev), error);
}

/* The packet that this CPU has just put into a socket. */
ON_TRACE_AS(ready, sk_data_ready, const struct sock___own *sk)
{
	struct pktpath_event *now, e;
	__u32 zero = 0;

	now = bpf_map_lookup_elem(&current, &zero);
	if (!now || !now->skb || now->stop > PKTPATH_SOCKET || now->flow.rport != BPF_CORE_READ(sk, __sk_common.skc_num))
		return 0;
	e = *now;
	e.stop = PKTPATH_READY;
	e.result = 0;
	return tell(&e);
}

ON_TRACE_AS(socket, tcp_probe, const void *sk, const struct sk_buff___own *skb)
{
	return at(skb, PKTPATH_SOCKET, 0);
}

ON_TRACE_AS(full, sock_rcvqueue_full, const void *sk, const struct sk_buff___own *skb)
{
	return at(skb, PKTPATH_FULL, 0);
}

ON_TRACE_AS(read, skb_copy_datagram_iovec, const struct sk_buff___own *skb, int bytes)
{
	return at(skb, PKTPATH_READ, bytes);
}

/* --- On the way out. --- */

ON_TRACE_AS(queue, net_dev_queue, const struct sk_buff___own *skb)
{
	return at(skb, PKTPATH_QUEUE, 0);
}

ON_TRACE_AS(enqueue, qdisc_enqueue, const void *qdisc, const void *queue, const struct sk_buff___own *skb)
{
	return at(skb, PKTPATH_ENQUEUE, 0);
}

ON_TRACE_AS(dequeue, qdisc_dequeue, const void *qdisc, const void *queue, int packets, const struct sk_buff___own *skb)
{
	return skb ? at(skb, PKTPATH_DEQUEUE, packets) : 0;
}

ON_TRACE_AS(xmit, net_dev_start_xmit, const struct sk_buff___own *skb, const struct net_device___own *dev)
{
	struct pktpath_event e = { .stop = PKTPATH_XMIT };

	device_of(&e, dev);
	return skb_at(skb, &e);
}

/* --- Its end. --- */

ON_TRACE_AS(reject, icmp_send, const struct sk_buff___own *skb, int type, int code)
{
	return at(skb, PKTPATH_REJECT, type << 8 | (code & 0xff));
}

static __always_inline int dropped(const struct sk_buff___own *skb, __u64 location, __u32 reason)
{
	struct pktpath_event e = { .stop = PKTPATH_DROP, .location = location, .reason = reason };

	return skb_at(skb, &e);
}

/* args3: commit c504e5c2f964, 5.17; args4: commit c53795d48ee8, 6.11 */
ON_TRACE_AS(drop__args2, kfree_skb, const struct sk_buff___own *skb, __u64 location)
{
	return dropped(skb, location, 0);
}

ON_TRACE_AS(drop__args3, kfree_skb, const struct sk_buff___own *skb, __u64 location, __u32 reason)
{
	return dropped(skb, location, reason);
}

ON_TRACE_AS(drop__args4, kfree_skb, const struct sk_buff___own *skb, __u64 location, __u32 reason, const void *sk)
{
	return dropped(skb, location, reason);
}

ON_TRACE_AS(done, consume_skb, const struct sk_buff___own *skb)
{
	return at(skb, PKTPATH_DONE, 0);
}

/*
 * --- Functions of the kernel: one program for all that have the packet as the same argument, so that there is little to
 * verify. User space knows by the address which it was; here all count as part of the way in. ---
 */

static __always_inline int called(const struct sk_buff___own *skb, __u32 netns, struct pt_regs *ctx)
{
	struct pktpath_event e = { .stop = PKTPATH_IP, .location = PT_REGS_IP(ctx), .flow.netns = netns };

	return skb_at(skb, &e);
}

SEC("?kprobe")
int on_first(struct pt_regs *ctx)
{
	return called((void *)PT_REGS_PARM1(ctx), 0, ctx);
}

/* It has the namespace as its first argument, which what is sent doesn't tell before it has a device. */
SEC("?kprobe")
int on_third(struct pt_regs *ctx)
{
	const struct net___own *net = (void *)PT_REGS_PARM1(ctx);

	return called((void *)PT_REGS_PARM3(ctx), BPF_CORE_READ(net, ns.inum), ctx);
}

SEC("?kprobe")
int on_hook(struct pt_regs *ctx)
{
	return hooked((void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx));
}

/* How short datagrams are read. */
SEC("?kprobe")
int on_read_udp(struct pt_regs *ctx)
{
	return at((void *)PT_REGS_PARM2(ctx), PKTPATH_READ, PT_REGS_PARM3(ctx));
}

/* --- Programs of the tool's own, at the interfaces of --interface: these can't read the kernel's memory everywhere. --- */

static __always_inline bool own_parse(const enum packet_from from, const struct packet_in *in, struct skb_headers *h)
{
	__u16 type;

	if (common.no_ether)
		return skb_parse(from == PACKET_MAC ? PACKET_NET : from, in, 0, h);
	return packet_read(from, in, 12, &type, sizeof(type)) && skb_parse(from, in, skb_behind_tags(from, in, 14, type), h);
}

static __always_inline int own(const enum packet_from from, const struct packet_in *in, struct pktpath_event *e)
{
	struct skb_headers h = {};
	struct known is;

	if (!own_parse(from, in, &h) || !is_wanted(&h))
		return 0;
	put_headers(e, &h);
	e->flow.netns = own_netns;
	if (e->skb) {
		is.stamp = h.stamp;
		is.netns = own_netns;
		map_put(&known, &e->skb, &is);
	}
	return tell(e);
}

SEC("?xdp")
int on_xdp(struct xdp_md *ctx)
{
	const struct packet_in in = { ctx, (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	struct pktpath_event e = {
		.stop = PKTPATH_XDP, .result = XDP_PASS, .index = ctx->ingress_ifindex, .length = in.end - in.data
	};

	own(PACKET_XDP, &in, &e);
	return XDP_PASS;
}

/* The address of what such a program gets is that of the skb. */
static __always_inline int own_skb(struct __sk_buff *ctx, __u32 stop, int result)
{
	const struct packet_in in = { .ctx = ctx };
	struct pktpath_event e = { .stop = stop, .result = result, .index = ctx->ifindex, .length = ctx->len, .mark = ctx->mark };

	e.skb = (__u64)ctx;
	return own(PACKET_MAC, &in, &e);
}

SEC("?tc")
int on_tc(struct __sk_buff *ctx)
{
	own_skb(ctx, PKTPATH_TC, TC_ACT_UNSPEC);
	return TC_ACT_UNSPEC;
}

SEC("?socket")
int on_tap(struct __sk_buff *ctx)
{
	own_skb(ctx, PKTPATH_TAP, 0);
	return 0;
}

SEC("?netfilter")
int on_netfilter(const struct bpf_nf_ctx___own *ctx)
{
	hooked(ctx->skb, ctx->state);
	return NF_ACCEPT;
}
