// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A queue for each socket of the segments that came in and were not read yet, in the order of their sequence numbers. All
 * three tracepoints are passed with the socket locked, so nobody else changes its queue meanwhile.
 */
#include "lib/tool.bpf.h"
#include "lib/sock.bpf.h"
#include "lib/event.bpf.h"
#include "tcppktlat.h"

#define QUEUE 512	/* segments that wait in one socket */
#define AT_ONCE 64	/* ... that one read is the end of */

const volatile __u64 min_ns;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct tcp_sock___read {
	__u32 copied_seq, rcv_nxt;
};

struct sk_buff___read {
	char cb[48];
	unsigned char *data;
};

struct tcp_skb_cb___read {
	__u32 seq, end_seq;
};
#pragma clang attribute pop

struct arrival {
	__u64 time;
	__u32 seq, end;
};

/* The first is here; there are others in `arrivals` where back - front > 0. */
struct unread {
	struct arrival first;
	__u32 front, back;
	__u32 last_seq, last_end;
};

struct place {
	__u64 sk;
	__u32 at;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);		/* struct sock * */
	__type(value, struct unread);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);	/* --max-entries */
	__type(key, struct place);
	__type(value, struct arrival);
} arrivals SEC(".maps");

static __always_inline bool is_after(__u32 a, __u32 b)
{
	return (__s32)(a - b) > 0;
}

static __noinline int forget(__u64 sk)
{
	struct unread *unread = bpf_map_lookup_elem(&sockets, &sk);
	struct place place = { .sk = sk };

	if (!unread)
		return 0;
	place.at = unread->front;
	for (__u32 i = 0; i < QUEUE && place.at != unread->back; i++, place.at++)
		bpf_map_delete_elem(&arrivals, &place);
	return bpf_map_delete_elem(&sockets, &sk);
}

static __noinline int arrived(const struct tcp_sock___read *tp, __u32 seq, __u32 end)
{
	struct unread one = { { bpf_ktime_get_boot_ns(), seq, end }, 0, 0, seq, end }, *unread;
	__u32 read = BPF_CORE_READ(tp, copied_seq);
	__u64 sk = (__u64)tp;
	struct place place = { .sk = sk };
	struct arrival *again = NULL;

	unread = bpf_map_lookup_elem(&sockets, &sk);
	/* read in a way that isn't seen, or the socket was connected anew: what is here is none of this queue */
	if (unread && unread->last_seq != seq && unread->last_end - read - 1 >= seq - read) {
		forget(sk);
		unread = NULL;
	}
	if (!unread)
		return map_put(&sockets, &sk, &one);
	if (unread->last_seq == seq) {		/* it had been dropped for want of memory */
		place.at = unread->back - 1;
		again = unread->front == unread->back ? &unread->first : bpf_map_lookup_elem(&arrivals, &place);
		if (again)
			*again = one.first;
	} else if (unread->back - unread->front >= QUEUE) {
		lose(LOSS_MAP);
		return 0;
	} else {
		place.at = unread->back;
		if (map_put(&arrivals, &place, &one.first))
			return 0;
		unread->back++;
	}
	unread->last_seq = seq;
	unread->last_end = end;
	return 0;
}

/* Before it is looked at. What fills no gap can't be read yet, or was already. */
ON_TRACE(tcp_probe, const struct sock___own *sk, const struct sk_buff___read *skb)
{
	const struct tcp_sock___read *tp = (const void *)sk;
	const struct tcp_skb_cb___read *cb = (const void *)skb + bpf_core_field_offset(struct sk_buff___read, cb);
	__u32 next, end = BPF_CORE_READ(cb, end_seq);
	__u8 flags = 0;

	if (end == BPF_CORE_READ(cb, seq) || !filter_sock(direct, sk))
		return 0;
	bpf_probe_read_kernel(&flags, sizeof(flags), READ(skb, data) + 13);
	end -= flags & 1;	/* a FIN takes a number, too */
	next = BPF_CORE_READ(tp, rcv_nxt);
	if (is_after(BPF_CORE_READ(cb, seq), next) || !is_after(end, next))
		return 0;
	return arrived(tp, next, end);
}

static __always_inline void tell(const bool direct, const struct sock___own *sk, const struct arrival *arrival)
{
	__u64 latency = bpf_ktime_get_boot_ns() - arrival->time;
	struct tcppktlat_event *e;

	if (latency < min_ns)
		return;
	e = event_reserve(struct tcppktlat_event);
	if (!e)
		return;
	__builtin_memset(&e->flow, 0, sizeof(e->flow));
	flow_fill(direct, sk, &e->flow);
	e->latency = latency;
	e->bytes = arrival->end - arrival->seq;
	e->pad = 0;
	event_submit(e);
}

/* Something was read: what has been read to its end? */
static __noinline int was_read(const struct sock___own *sk)
{
	const struct tcp_sock___read *tp = (const void *)sk;
	__u32 read = BPF_CORE_READ(tp, copied_seq);
	__u64 key = (__u64)sk;
	struct place place = { .sk = key };
	struct arrival *next;
	struct unread *unread;
	bool wanted;

	unread = bpf_map_lookup_elem(&sockets, &key);
	if (!unread || is_after(unread->first.end, read))
		return 0;
	wanted = filter_current();
	for (int i = 0; i < AT_ONCE && !is_after(unread->first.end, read); i++) {
		if (wanted)
			tell(false, sk, &unread->first);
		place.at = unread->front;
		next = place.at == unread->back ? NULL : bpf_map_lookup_elem(&arrivals, &place);
		if (!next) {
			bpf_map_delete_elem(&sockets, &key);
			return 0;
		}
		unread->first = *next;
		unread->front++;
		bpf_map_delete_elem(&arrivals, &place);
	}
	return 0;
}

ON_TRACE(tcp_rcv_space_adjust, const struct sock___own *sk)
{
	return was_read(sk);
}

ON_TRACE(tcp_destroy_sock, const struct sock___own *sk)
{
	return forget((__u64)sk);
}
