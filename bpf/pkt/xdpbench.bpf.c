// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/chosen.bpf.h"
#include "lib/packet.bpf.h"
#include "lib/xdp_event.bpf.h"
#include "xdpbench.h"

const volatile __u32 operation, access, by;	/* of the enums */
const volatile __u32 then, egress;		/* of enum xdpbench_then: on the other CPU, where packets leave */
const volatile __u32 to;			/* an interface */
const volatile __u32 egress_at;			/* of `received`: behind all queues */
const volatile bool load_bytes, by_queue;
#define ICMPV6 58	/* IPPROTO_ICMPV6 */

struct xdpbench_own own;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);	/* a receive queue; behind them, the program at egress */
	__type(value, struct xdpbench_count);
} received SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} queues SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, XDPBENCH_TARGETS);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} devices SEC(".maps");

/* Of the interfaces that packets are sent to, by their numbers. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XDPBENCH_TARGETS);
	__type(key, __u32);
	__type(value, struct xdpbench_mac);
} macs SEC(".maps");

static __always_inline bool xdp_event_wanted(const struct xdp_event_key *key)
{
	switch (key->event) {
	case XDP_EVENT_REDIRECT:
	case XDP_EVENT_REDIRECT_ERR:
	case XDP_EVENT_EXCEPTION:
		return key->prog == own.programs[0] || (key->prog && (key->prog == own.programs[1] || key->prog == own.programs[2]));
	case XDP_EVENT_CPUMAP_ENQUEUE:
	case XDP_EVENT_CPUMAP_KTHREAD:
		return key->map == own.queues;
	default:
		return key->index == own.index && key->netns == own.netns;
	}
}

static __always_inline void swap(struct packet_ether *ether)
{
#pragma unroll
	for (int i = 0; i < 3; i++) {
		__u16 half = ether->dmac[i];

		ether->dmac[i] = ether->smac[i];
		ether->smac[i] = half;
	}
}

/* What it reads is used for nothing, which the compiler must not know. */
static __always_inline void touch(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct packet_ether *ether = data;
	struct packet_ip4 *ip = data + sizeof(*ether);
	struct packet_ip6 *ip6 = (void *)ip;
	__u32 seen;

	if (access == XDPBENCH_NONE || (void *)(ether + 1) > end)
		return;
	if (access == XDPBENCH_SWAP) {
		swap(ether);
		return;
	}
	seen = ether->type;
	if (access == XDPBENCH_PARSE && seen == bpf_htons(0x0800) && (void *)(ip + 1) <= end)
		seen = ip->protocol;
	else if (access == XDPBENCH_PARSE && seen == bpf_htons(0x86dd) && (void *)(ip6 + 1) <= end)
		seen = ip6->next;
	barrier_var(seen);
}

/* The same by helpers, as packets in several pieces need it. */
static __always_inline void touch_by_helpers(struct xdp_md *ctx)
{
	struct packet_ether ether;
	struct packet_ip6 ip;
	__u32 seen;

	if (access == XDPBENCH_NONE || bpf_xdp_load_bytes(ctx, 0, &ether, sizeof(ether)))
		return;
	if (access == XDPBENCH_SWAP) {
		swap(&ether);
		bpf_xdp_store_bytes(ctx, 0, &ether, sizeof(ether));
		return;
	}
	seen = ether.type;
	if (access == XDPBENCH_PARSE && seen == bpf_htons(0x0800) &&
	    !bpf_xdp_load_bytes(ctx, sizeof(ether), &ip, sizeof(struct packet_ip4)))
		seen = ((struct packet_ip4 *)&ip)->protocol;
	else if (access == XDPBENCH_PARSE && seen == bpf_htons(0x86dd) && !bpf_xdp_load_bytes(ctx, sizeof(ether), &ip, sizeof(ip)))
		seen = ip.next;
	barrier_var(seen);
}

static __always_inline __u32 by_protocol(const struct packet *p)
{
	if (p->protocol == IPPROTO_UDP)
		return 1;
	return p->protocol == IPPROTO_ICMP || p->protocol == ICMPV6 ? 2 : 0;
}

static __always_inline int to_cpu(struct xdp_md *ctx, struct xdpbench_count *count)
{
	struct packet p = {};
	__u32 at = 0, *cpu;

	if (by == XDPBENCH_TURNS && count)
		at = count->turn++;
	if (by >= XDPBENCH_PROTOCOL)
		packet_of_xdp(ctx, &p);
	if (by == XDPBENCH_FILTER && p.protocol == IPPROTO_UDP && p.dport == 9) {
		if (count)
			count->drops++;
		return XDP_DROP;
	}
	if (by == XDPBENCH_PROTOCOL || by == XDPBENCH_FILTER)
		at = by_protocol(&p);
	else if (by == XDPBENCH_HASH)
		at = packet_hash(&p, true);
	else if (by == XDPBENCH_SPORT)
		at = p.sport;
	else if (by == XDPBENCH_DPORT)
		at = p.dport;
	cpu = chosen_cpu(at);
	return cpu ? bpf_redirect_map(&queues, *cpu, 0) : XDP_ABORTED;
}

SEC("?xdp")
int on_xdp(struct xdp_md *ctx)
{
	__u32 queue = by_queue ? ctx->rx_queue_index : 0;
	struct xdpbench_count *count = bpf_map_lookup_elem(&received, &queue);

	if (count)
		count->packets++;
	else
		lose(LOSS_MAP);
	if (load_bytes)
		touch_by_helpers(ctx);
	else
		touch(ctx);
	switch (operation) {
	case XDPBENCH_DROP: return XDP_DROP;
	case XDPBENCH_PASS: return XDP_PASS;
	case XDPBENCH_TX: return XDP_TX;
	case XDPBENCH_REDIRECT: return bpf_redirect(to, 0);
	case XDPBENCH_MAP: return bpf_redirect_map(&devices, 0, 0);
	case XDPBENCH_MULTI: return bpf_redirect_map(&devices, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
	case XDPBENCH_CPU: return to_cpu(ctx, count);
	}
	return XDP_ABORTED;
}

/* On the CPU that the packet was sent to. */
SEC("?xdp/cpumap")
int on_remote(struct xdp_md *ctx)
{
	if (then == XDPBENCH_THEN_DROP)
		return XDP_DROP;
	return then == XDPBENCH_THEN_REDIRECT ? bpf_redirect_map(&devices, 0, 0) : XDP_PASS;
}

/* Right before it leaves, at the interface that it was sent to. */
SEC("?xdp/devmap")
int on_egress(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 index = ctx->egress_ifindex;
	struct xdpbench_mac *mac = bpf_map_lookup_elem(&macs, &index);
	struct packet_ether *ether = data;
	__u32 at = egress_at;
	struct xdpbench_count *count = bpf_map_lookup_elem(&received, &at);

	if (count)
		count->packets++;
	if (count && egress == XDPBENCH_THEN_DROP)
		count->drops++;
	if (egress == XDPBENCH_THEN_DROP)
		return XDP_DROP;
	if (mac && (void *)(ether + 1) <= end) {
#pragma unroll
		for (int i = 0; i < 3; i++)
			ether->smac[i] = mac->part[i];
	}
	return XDP_PASS;
}
