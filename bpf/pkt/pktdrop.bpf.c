// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/packet.bpf.h"
#include "lib/rules.h"

const volatile bool dry_run;

/* What the rules can be, as far as that is known before they are loaded; the verifier leaves out all else. */
const volatile __u32 could_be = -1U;	/* of RULES_WIDE and so on */
const volatile __u32 could_ask = -1U;	/* of PACKET_ETHER and so on */
const volatile __u32 most_classes = RULES_CLASSES;

#define MAP(name, kind, key_t, ...)					\
struct {								\
	__uint(type, BPF_MAP_TYPE_##kind);				\
	__uint(max_entries, 1);						\
	__type(key, key_t);						\
	__type(value, __u32);						\
	__VA_ARGS__							\
} name SEC(".maps")

MAP(narrow, HASH, struct rules_narrow, __uint(map_flags, BPF_F_NO_PREALLOC););
MAP(word, HASH, struct rules_word, __uint(map_flags, BPF_F_NO_PREALLOC););
MAP(wide, HASH, struct rules_wide, __uint(map_flags, BPF_F_NO_PREALLOC););
MAP(narrow_prefix, LPM_TRIE, struct rules_narrow_prefix, __uint(map_flags, BPF_F_NO_PREALLOC););
MAP(wide_prefix, LPM_TRIE, struct rules_wide_prefix, __uint(map_flags, BPF_F_NO_PREALLOC););
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rules_count);
} counters SEC(".maps");

struct rules_live live SEC(".data.live");

/* A packet as the rules ask for it. */
struct subject {
	__u32 what, ports, mark;
	__u16 smac[3], dmac[3];
	__u32 saddr[4], daddr[4];
};

__u32 nothing SEC(".data.nothing");	/* is 0, which the verifier doesn't know */

/*
 * With it each value becomes one that may be anything: whatever the parser went through, the verifier looks at what follows
 * only once.
 */
static __always_inline void subject_of(const struct packet *p, struct subject *s)
{
	__u32 zero = *(volatile __u32 *)&nothing;

	s->what = RULES_WHAT(p->flags, p->family, p->protocol, p->vlan) ^ zero;
	s->ports = ((__u32)p->sport << 16 | p->dport) ^ zero;
	s->mark = p->mark ^ zero;
#pragma unroll
	for (int i = 0; i < 3; i++) {
		s->smac[i] = p->smac[i] ^ zero;
		s->dmac[i] = p->dmac[i] ^ zero;
	}
#pragma unroll
	for (int i = 0; i < 4; i++) {
		s->saddr[i] = p->saddr[i] ^ zero;
		s->daddr[i] = p->daddr[i] ^ zero;
	}
}

/* What has to be the same, all ones where it is not. */
static __always_inline __u32 differs(const struct subject *s, const struct rules_wide *mask, const struct rules_wide *want)
{
	return ((s->what ^ want->what) & mask->what) | ((s->ports ^ want->ports) & mask->ports) | ((s->mark ^ want->mark) & mask->mark);
}

/* One end of the packet, the one that `addr` of a class is for; the other is what is left of both. */
static __always_inline __u32 addr_of(const struct subject *s, const struct rules_class *c, const int i)
{
	return ((s->saddr[i] ^ s->daddr[i]) & c->swap) ^ s->saddr[i];
}

static __always_inline __u32 other_of(const struct subject *s, const struct rules_class *c, const int i)
{
	return ((s->saddr[i] ^ s->daddr[i]) & ~c->swap) ^ s->saddr[i];
}

/* The value of the first rule that is met; -1U: none is. */
static __always_inline __u32 value_of(const __u32 *found)
{
	return found ? *found : -1U;
}

static __always_inline __u32 find_narrow(const struct subject *s, const struct rules_class *c)
{
	__u32 other = other_of(s, c, 0), addr = addr_of(s, c, 0);

	if (c->kind & could_be & RULES_ONE) {
		__u32 not = differs(s, &c->mask, &c->want) | ((other ^ c->want.other[0]) & c->mask.other[0]) |
			    ((addr ^ c->want.addr[0]) & c->mask.addr[0]);

		return not ? -1U : c->first;
	}
	if (c->kind & could_be & RULES_WORD) {
		struct rules_word key = {
			.class = c->mask.class,
			.word = (other & c->mask.other[0]) | (addr & c->mask.addr[0]) | (s->ports & c->mask.ports) | (s->mark & c->mask.mark),
		};

		return value_of(bpf_map_lookup_elem(&word, &key));
	} else {
		struct rules_narrow_prefix key = {
			.bits = sizeof(key.key) * 8,
			.key = {
				.class = c->mask.class,
				.what = s->what & c->mask.what,
				.ports = s->ports & c->mask.ports,
				.mark = s->mark & c->mask.mark,
				.other = other & c->mask.other[0],
				.addr = addr & c->mask.addr[0],
			},
		};

		if (c->kind & could_be & RULES_LPM)
			return value_of(bpf_map_lookup_elem(&narrow_prefix, &key));
		return value_of(bpf_map_lookup_elem(&narrow, &key.key));
	}
}

static __always_inline bool is_wide_one(const struct subject *s, const struct rules_class *c)
{
	__u32 not = differs(s, &c->mask, &c->want);

#pragma unroll
	for (int i = 0; i < 3; i++)
		not |= ((s->smac[i] ^ c->want.smac[i]) & c->mask.smac[i]) | ((s->dmac[i] ^ c->want.dmac[i]) & c->mask.dmac[i]);
#pragma unroll
	for (int i = 0; i < 4; i++)
		not |= ((other_of(s, c, i) ^ c->want.other[i]) & c->mask.other[i]) | ((addr_of(s, c, i) ^ c->want.addr[i]) & c->mask.addr[i]);
	return !not;
}

static __always_inline __u32 find_wide(const struct subject *s, const struct rules_class *c)
{
	struct rules_wide_prefix key = {
		.bits = sizeof(key.key) * 8,
		.key = {
			.class = c->mask.class,
			.what = s->what & c->mask.what,
			.ports = s->ports & c->mask.ports,
			.mark = s->mark & c->mask.mark,
		},
	};

	if (c->kind & could_be & RULES_ONE)
		return is_wide_one(s, c) ? c->first : -1U;
#pragma unroll
	for (int i = 0; i < 3; i++) {
		key.key.smac[i] = s->smac[i] & c->mask.smac[i];
		key.key.dmac[i] = s->dmac[i] & c->mask.dmac[i];
	}
#pragma unroll
	for (int i = 0; i < 4; i++) {
		key.key.other[i] = other_of(s, c, i) & c->mask.other[i];
		key.key.addr[i] = addr_of(s, c, i) & c->mask.addr[i];
	}
	if (c->kind & could_be & RULES_LPM)
		return value_of(bpf_map_lookup_elem(&wide_prefix, &key));
	return value_of(bpf_map_lookup_elem(&wide, &key.key));
}

/* The first rule that the packet meets. plain: it is known to be none for classes that are wide. */
static __always_inline __u32 decide(const struct subject *s, const struct rules_table *table, const bool plain)
{
	__u32 best = -1U, i = 0;

	barrier_var(i);		/* the loop is entered at its head only: 6.1's verifier asks for that */
	for (; i < most_classes && i < RULES_CLASSES; i++) {
		const struct rules_class *c = &table->class[i];
		__u32 found;

		if (i >= table->classes || c->first > best)
			break;
		if ((s->what ^ c->want.what) & c->sure)
			continue;
		found = !plain && c->kind & could_be & RULES_WIDE ? find_wide(s, c) : find_narrow(s, c);
		if (found < best)
			best = found;
	}
	return best;
}

static __always_inline const struct rules_table *in_force(void)
{
	return &live.half[*(volatile __u32 *)&live.active & 1];
}

/* Where programs can be preempted, two of one CPU may count at a time. */
static __always_inline bool drops(const struct rules_table *table, __u32 best, __u64 length, const bool preempted)
{
	__u32 at = table->base, drop = table->otherwise;
	struct rules_count *count;

	if (best != -1U) {
		at += best >> 1;
		drop = best & 1;
	}
	count = bpf_map_lookup_elem(&counters, &at);
	if (count && preempted) {
		add(&count->packets, 1);
		add(&count->bytes, length);
	} else if (count) {
		count->packets++;
		count->bytes += length;
	}
	return drop && !dry_run;
}

static __always_inline bool dropped(const struct packet *p, const struct rules_table *table, const bool preempted)
{
	struct subject s;

	subject_of(p, &s);
	return drops(table, decide(&s, table, false), p->length ^ *(volatile __u32 *)&nothing, preempted);
}

/* IPv4 right behind Ethernet, whole, without options: what most packets are; false: look closer. */
static __always_inline bool is_plain(const void *data, const void *end, const struct rules_table *table, struct subject *s)
{
	const struct packet_ether *ether = data;
	const struct packet_ip4 *ip = data + sizeof(*ether);
	const __u32 *ports = (void *)(ip + 1);
	__u32 flags = PACKET_ETHER | PACKET_PROTOCOL;

	if ((void *)(ip + 1) > end || ether->type != bpf_htons(0x0800) || ip->version != 0x45 || ip->fragment & bpf_htons(0x3fff) ||
	    table->asks & could_ask & PACKET_ETHER)
		return false;
	s->ports = s->mark = 0;
	if (table->asks & could_ask & (PACKET_PORTS | PACKET_BAD) && packet_has_ports(ip->protocol)) {
		if ((void *)(ports + 1) > end)
			return false;
		s->ports = bpf_ntohl(*ports);
		flags |= PACKET_PORTS;
	}
	s->what = RULES_WHAT(flags, 4, ip->protocol, 0);
	s->saddr[0] = ip->saddr;
	s->daddr[0] = ip->daddr;
	return true;
}

SEC("?xdp")
int on_xdp(struct xdp_md *ctx)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct rules_table *table = in_force();
	struct packet p = {};
	struct subject s;

	if (!common.no_ether && is_plain(data, end, table, &s))
		return drops(table, decide(&s, table, true), packet_length_xdp(ctx), false) ? XDP_DROP : XDP_PASS;
	packet_of_xdp(ctx, &p);
	return dropped(&p, table, false) ? XDP_DROP : XDP_PASS;
}

SEC("?tc")
int on_tc(struct __sk_buff *ctx)
{
	struct packet p = {};

	packet_of_skb(ctx, &p, true);
	return dropped(&p, in_force(), false) ? TC_ACT_SHOT : TC_ACT_UNSPEC;	/* what others have there looks at it as well */
}

SEC("?cgroup/skb")
int on_cgroup(struct __sk_buff *ctx)
{
	struct packet p = {};

	packet_of_skb(ctx, &p, false);
	return !dropped(&p, in_force(), true);
}

SEC("?socket")
int on_socket(struct __sk_buff *ctx)
{
	struct packet p = {};

	packet_of_skb(ctx, &p, false);
	return dropped(&p, in_force(), true) ? 0 : -1;
}
