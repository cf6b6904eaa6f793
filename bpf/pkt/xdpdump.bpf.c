// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/sock.bpf.h"
#include "lib/netdev.bpf.h"
#include "lib/packet.bpf.h"
#include "lib/event.bpf.h"
#include "xdpdump.h"

const volatile __u32 snap = XDPDUMP_MOST, only_protocol;
const volatile __u32 own_index, own_netns;	/* the interface whose packets are wanted */
const volatile bool headers;			/* they are shown */
const volatile bool bytes;			/* are wanted too */
const volatile bool both;			/* entry and exit */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct xdp_rxq_info___own {
	struct net_device___own *dev;
	__u32 queue_index;
};

struct xdp_buff___own {
	void *data, *data_end;
	struct xdp_rxq_info___own *rxq;
};
#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDPDUMP_PLACES);
	__type(key, __u32);
	__type(value, struct xdpdump_counts);
} counts SEC(".maps");

static __always_inline bool is_wanted(const enum packet_from from, const struct packet_in *in, struct xdpdump_event *e)
{
	struct packet p = {};

	if (!headers && !only_protocol && !SOCK_ADDRESS_FILTERS)
		return true;
	packet_ether(from, in, &p);
#pragma unroll
	for (int i = 0; i < 4; i++) {
		e->flow.laddr[i] = p.saddr[i];
		e->flow.raddr[i] = p.daddr[i];
	}
	e->flow.family = p.family;
	e->flow.lport = p.sport;
	e->flow.rport = p.dport;
	e->protocol = p.protocol;
	e->ether_type = p.ether_type;
	e->vlan = p.vlan;
	if ((only_protocol || SOCK_ADDRESS_FILTERS) && !p.family)
		return false;
	if (only_protocol && (p.protocol != only_protocol || !(p.flags & PACKET_PROTOCOL)))
		return false;
	return !SOCK_ADDRESS_FILTERS || flow_passes(&e->flow, false);
}

/* What is in several pieces can be had from XDP's own context only; elsewhere the first one is. */
static __always_inline long copy(const enum packet_from from, const struct packet_in *in, void *to, __u64 n)
{
	if (from == PACKET_XDP && common.frags)
		return bpf_xdp_load_bytes(in->ctx, 0, to, n);
	return bpf_probe_read_kernel(to, n, in->data);
}

/*
 * The kernel wants to know a record's size before: it is one of a few, powers of two. And that what is copied is more than nothing,
 * which 6.1 sees only so.
 */
#define SEND(size) ({								\
	struct xdpdump_event *__e = bpf_ringbuf_reserve(&events, sizeof(*__e) + (size), 0); \
	__u64 __last = e->captured - 1;						\
										\
	if (__e) {								\
		*__e = *e;							\
		barrier_var(__last);						\
		__last &= (size) - 1;						\
		if ((size) && e->captured && copy(from, in, __e->bytes, __last + 1)) { \
			lose(LOSS_READ);					\
			__e->captured = 0;					\
		}								\
		event_submit_bytes(__e, sizeof(*__e) + (size));			\
	} else {								\
		lose(LOSS_RING);						\
		count->lost++;							\
	}									\
})

static __always_inline void dump(const enum packet_from from, const struct packet_in *in, struct xdpdump_event *e)
{
	__u32 at = e->at, first = XDPDUMP_ENTRY, there = from == PACKET_XDP ? e->length : in->end - in->data;
	struct xdpdump_counts *count = bpf_map_lookup_elem(&counts, &at), *number = count;

	if (both)
		number = bpf_map_lookup_elem(&counts, &first);
	if (!count || !number)
		return;
	count->seen++;
	if (!is_wanted(from, in, e))
		return;
	count->wanted++;
	e->origin.time = bpf_ktime_get_boot_ns();
	e->origin.cpu = bpf_get_smp_processor_id();
	e->packet = (__u64)e->origin.cpu << 40 | number->seen;
	e->captured = there < snap ? there : snap;
	if (!bytes)
		SEND(0);
	else if (e->captured <= 128)
		SEND(128);
	else if (e->captured <= 512)
		SEND(512);
	else if (e->captured <= 2048)
		SEND(2048);
	else if (e->captured <= 16384)
		SEND(16384);
	else
		SEND(XDPDUMP_MOST);
}

SEC("?xdp")
int on_xdp(struct xdp_md *ctx)
{
	const struct packet_in in = { ctx, (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	struct xdpdump_event e = { .queue = ctx->rx_queue_index, .verdict = XDP_PASS };

	e.length = common.frags ? bpf_xdp_get_buff_len(ctx) : in.end - in.data;
	dump(PACKET_XDP, &in, &e);
	return XDP_PASS;
}

static __always_inline void traced(struct xdp_buff___own *ctx, __u32 at, __u32 verdict)
{
	const struct packet_in in = { ctx, ctx->data, ctx->data_end };
	struct xdpdump_event e = { .queue = ctx->rxq->queue_index, .verdict = verdict, .at = at };
	const struct net_device___own *dev = ctx->rxq->dev;
	const bool direct = true;

	if ((__u32)dev->ifindex != own_index || netdev_space(dev) != own_netns)
		return;
	e.length = common.frags ? bpf_xdp_get_buff_len((void *)ctx) : in.end - in.data;
	dump(PACKET_MEMORY, &in, &e);
}

/* Which program they trace is known when the tool starts. */
SEC("?fentry")
int on_entry(unsigned long long *ctx)
{
	traced((void *)ctx[0], XDPDUMP_ENTRY, 0);
	return 0;
}

SEC("?fexit")
int on_exit(unsigned long long *ctx)
{
	traced((void *)ctx[0], XDPDUMP_EXIT, ctx[1]);
	return 0;
}
