// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/packet.bpf.h"
#include "lib/rules.h"

const volatile bool dry_run;

#define MAP(name, kind, key_t, ...)					\
struct {								\
	__uint(type, BPF_MAP_TYPE_##kind);				\
	__uint(max_entries, 1);						\
	__type(key, key_t);						\
	__type(value, __u32);						\
	__VA_ARGS__							\
} name SEC(".maps")

MAP(narrow, HASH, struct rules_narrow, __uint(map_flags, BPF_F_NO_PREALLOC););
MAP(wide, HASH, struct rules_wide, __uint(map_flags, BPF_F_NO_PREALLOC););
MAP(narrow_prefix, LPM_TRIE, struct rules_narrow_prefix, __uint(map_flags, BPF_F_NO_PREALLOC););
MAP(wide_prefix, LPM_TRIE, struct rules_wide_prefix, __uint(map_flags, BPF_F_NO_PREALLOC););
MAP(active, ARRAY, __u32);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct rules_table);
} tables SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rules_count);
} counters SEC(".maps");

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

static __always_inline __u32 *find_narrow(const struct subject *s, const struct rules_class *c)
{
	__u32 other = ((s->saddr[0] ^ s->daddr[0]) & ~c->swap) ^ s->saddr[0];
	struct rules_narrow_prefix key = {
		.bits = sizeof(key.key) * 8,
		.key = {
			.class = c->mask.class,
			.what = s->what & c->mask.what,
			.ports = s->ports & c->mask.ports,
			.mark = s->mark & c->mask.mark,
			.other = other & c->mask.other[0],
			.addr = (s->saddr[0] ^ s->daddr[0] ^ other) & c->mask.addr[0],
		},
	};

	if (c->kind & RULES_LPM)
		return bpf_map_lookup_elem(&narrow_prefix, &key);
	return bpf_map_lookup_elem(&narrow, &key.key);
}

static __always_inline __u32 *find_wide(const struct subject *s, const struct rules_class *c)
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

#pragma unroll
	for (int i = 0; i < 3; i++) {
		key.key.smac[i] = s->smac[i] & c->mask.smac[i];
		key.key.dmac[i] = s->dmac[i] & c->mask.dmac[i];
	}
#pragma unroll
	for (int i = 0; i < 4; i++) {
		__u32 other = ((s->saddr[i] ^ s->daddr[i]) & ~c->swap) ^ s->saddr[i];

		key.key.other[i] = other & c->mask.other[i];
		key.key.addr[i] = (s->saddr[i] ^ s->daddr[i] ^ other) & c->mask.addr[i];
	}
	if (c->kind & RULES_LPM)
		return bpf_map_lookup_elem(&wide_prefix, &key);
	return bpf_map_lookup_elem(&wide, &key.key);
}

/* By the first rule that the packet meets. Where programs can be preempted, two of one CPU may count at a time. */
static __always_inline bool dropped(const struct packet *p, const bool preempted)
{
	__u32 zero = 0, best = -1U, *which = bpf_map_lookup_elem(&active, &zero), at, drop, i = 0;
	__u64 length = p->length ^ *(volatile __u32 *)&nothing;
	const struct rules_table *table;
	struct rules_count *count;
	struct subject s;

	subject_of(p, &s);
	table = which ? bpf_map_lookup_elem(&tables, which) : NULL;
	if (!table)
		return false;
	barrier_var(i);		/* the loop is entered at its head only: 6.1's verifier asks for that */
	for (; i < RULES_CLASSES; i++) {
		const struct rules_class *c = &table->class[i];
		__u32 *found;

		if (i >= table->classes || c->first > best)
			break;
		found = c->kind & RULES_WIDE ? find_wide(&s, c) : find_narrow(&s, c);
		if (found && *found < best)
			best = *found;
	}
	at = table->base;
	drop = table->otherwise;
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

SEC("?xdp")
int on_xdp(struct xdp_md *ctx)
{
	struct packet p = {};

	packet_of_xdp(ctx, &p);
	return dropped(&p, false) ? XDP_DROP : XDP_PASS;
}

SEC("?tc")
int on_tc(struct __sk_buff *ctx)
{
	struct packet p = {};

	packet_of_skb(ctx, &p, true);
	return dropped(&p, false) ? TC_ACT_SHOT : TC_ACT_UNSPEC;	/* what others have there looks at it as well */
}

SEC("?cgroup/skb")
int on_cgroup(struct __sk_buff *ctx)
{
	struct packet p = {};

	packet_of_skb(ctx, &p, false);
	return !dropped(&p, true);
}

SEC("?socket")
int on_socket(struct __sk_buff *ctx)
{
	struct packet p = {};

	packet_of_skb(ctx, &p, false);
	return dropped(&p, true) ? 0 : -1;
}
