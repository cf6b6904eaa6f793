// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel's way from one socket into another (SOCK_OPS, SK_MSG, SOCKHASH) leaves order, bounds and ends to its user:
 * a reader takes what was redirected before what came by TCP, nothing bounds what waits for it, and what waits is lost with
 * the socket's place in the map. So an end is redirected from its first byte on or never again, what waits is looked at now and
 * then, and a socket leaves the map when nothing waits in it. Sockets keep program and map alive until then.
 */
#include "lib/tool.bpf.h"
#include "lib/sock.bpf.h"
#include "sockredir.h"

#define TCP_ESTABLISHED 1	/* include/net/tcp_states.h */
#define TCP_CLOSE 7
#define IFF_LOOPBACK 8		/* include/uapi/linux/if.h */
#define SK_USER_DATA_FLAGS 7ULL	/* the low bits of sk_user_data, include/net/sock.h */
#define MOST_WAITING 1024	/* messages */
#define LOOK_MESSAGES 64	/* how often it is looked at what waits */
#define LOOK_BYTES (1 << 20)

const volatile __u64 room = 16 << 20;
bool stopping;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sk_msg___own {
	struct { __u32 size; } sg;
	struct sock___own *sk;
	struct list_head list;
};

struct sk_psock___own {
	struct list_head ingress_msg;
};

struct net_device___own {
	unsigned int flags;
};

struct dst_entry___own {
	struct net_device___own *dev;
};

struct sock___redir {
	struct { int owned; } sk_lock;
	struct dst_entry___own *sk_dst_cache;
	void *sk_user_data;
};

struct tcp_sock___redir {
	__u32 copied_seq, write_seq;
	__u64 bytes_sent;
};

struct bpf_sock_ops_kern___own {
	struct sock___own *sk;
};
#pragma clang attribute pop

/* Both ends of each connection, by the flow as its owner sees it. */
struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65536);
	__type(key, struct flow);
	__type(value, __u64);
} sockets SEC(".maps");

struct end {
	__u64 sk;		/* as an address only */
	__u32 why;		/* enum sockredir_why */
	__u32 messages, bytes;	/* since what waits was looked at */
	__u32 idle;		/* once stopping: looks that found nothing waiting */
	bool begun;
	__u8 pad[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct flow);
	__type(value, struct end);
} ends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct flow);
	__type(value, struct sockredir_value);
} flows SEC(".maps");

static const struct sockredir_value nothing;

/* Its packets never leave this network namespace. */
static __always_inline bool is_local(const struct sock___own *sk)
{
	return BPF_CORE_READ((const struct sock___redir *)sk, sk_dst_cache, dev, flags) & IFF_LOOPBACK;
}

static __always_inline void establish(struct bpf_sock_ops *ctx, const struct sock___own *sk, const struct flow *flow)
{
	struct end end = { .sk = (__u64)sk };
	struct sockredir_value *value;
	long err;

	if (map_put(&ends, flow, &end))
		return;
	err = bpf_sock_ops_cb_flags_set(ctx, ctx->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
	if (!err)
		err = bpf_sock_hash_update(ctx, &sockets, (void *)flow, BPF_ANY);
	if (!err)
		return;
	bpf_map_delete_elem(&ends, flow);
	value = map_get_or_init(&flows, flow, &nothing);
	if (value) {
		value->why = SOCKREDIR_REFUSED;
		value->error = -err;
	}
}

SEC("sockops")
int on_socket_event(struct bpf_sock_ops *ctx)
{
	const struct sock___own *sk = BPF_CORE_READ((struct bpf_sock_ops_kern___own *)ctx, sk);
	struct flow flow = {};

	switch (ctx->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		if (stopping || !is_local(sk))
			break;
		flow_fill(false, sk, &flow);
		if (filter_flow(&flow))
			establish(ctx, sk, &flow);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (ctx->args[1] != TCP_CLOSE || stopping)
			break;
		flow_fill(false, sk, &flow);
		bpf_map_delete_elem(&ends, &flow);
		break;
	}
	return 1;
}

static __always_inline void turn(const struct flow *flow, struct flow *back)
{
	__builtin_memcpy(back->laddr, flow->raddr, sizeof(back->laddr));
	__builtin_memcpy(back->raddr, flow->laddr, sizeof(back->raddr));
	back->family = flow->family;
	back->netns = flow->netns;
	back->lport = flow->rport;
	back->rport = flow->lport;
}

static __always_inline struct sk_psock___own *psock_of(__u64 sk)
{
	__u64 data = (__u64)BPF_CORE_READ((struct sock___redir *)sk, sk_user_data);

	return (void *)(data & ~SK_USER_DATA_FLAGS);
}

#define LIST_OF(psock) ((void *)(psock) + bpf_core_field_offset(struct sk_psock___own, ingress_msg))

/* The reader may take messages meanwhile: then it is a guess, and a wrong one leads to TCP at worst. */
static __noinline bool waits_too_much(__u64 sk)
{
	void *head = LIST_OF(psock_of(sk)), *at = NULL;
	__u64 bytes = 0;

	bpf_probe_read_kernel(&at, sizeof(at), head);
	for (int i = 0; i < MOST_WAITING; i++) {
		if (at == head || !at)
			return false;
		bytes += BPF_CORE_READ((struct sk_msg___own *)(at - bpf_core_field_offset(struct sk_msg___own, list)), sg.size);
		if (bytes > room)
			return true;
		if (bpf_probe_read_kernel(&at, sizeof(at), at))
			return false;
	}
	return true;
}

/* All that this end has sent by TCP was nothing, and the other end is the one that it talks to: it knows the sequence number. */
static __always_inline bool may_begin(const struct end *end, const struct end *other)
{
	const struct tcp_sock___redir *from = (void *)end->sk, *to = (void *)other->sk;

	return !BPF_CORE_READ(from, bytes_sent) && BPF_CORE_READ(from, write_seq) == BPF_CORE_READ(to, copied_seq);
}

static __always_inline __u32 why_not(struct end *end, const struct end *other, __u32 size)
{
	const struct sock___own *to;

	if (!other)
		return SOCKREDIR_ALONE;
	to = (void *)other->sk;
	if (BPF_CORE_READ(to, __sk_common.skc_state) != TCP_ESTABLISHED)
		return SOCKREDIR_CLOSING;
	if (!end->begun && !may_begin(end, other))
		return SOCKREDIR_EARLY;
	end->begun = true;
	end->messages++;
	end->bytes += size;
	if (end->messages < LOOK_MESSAGES && end->bytes < LOOK_BYTES)
		return SOCKREDIR_NOT;
	end->messages = end->bytes = 0;
	return waits_too_much(other->sk) ? SOCKREDIR_SLOW : SOCKREDIR_NOT;
}

SEC("sk_msg")
int on_message(struct sk_msg_md *msg)
{
	const struct sock___own *sk = BPF_CORE_READ((struct sk_msg___own *)msg, sk);
	struct flow flow = {}, back = {};
	struct sockredir_value *value;
	struct end *end;

	flow_fill(false, sk, &flow);
	end = bpf_map_lookup_elem(&ends, &flow);
	value = map_get_or_init(&flows, &flow, &nothing);
	if (!end || stopping)
		return SK_PASS;
	turn(&flow, &back);
	if (!end->why)
		end->why = why_not(end, bpf_map_lookup_elem(&ends, &back), msg->size);
	if (!end->why && bpf_msg_redirect_hash(msg, &sockets, &back, BPF_F_INGRESS) != SK_PASS)
		end->why = SOCKREDIR_GONE;
	if (!value)	/* not counted, which is; where it goes must not depend on that */
		return SK_PASS;
	value->why = end->why;
	add(end->why ? &value->tcp_messages : &value->messages, 1);
	add(end->why ? &value->tcp_bytes : &value->bytes, msg->size);
	return SK_PASS;
}

static __always_inline bool is_idle(const struct sock___redir *sk)
{
	void *head = LIST_OF(psock_of((__u64)sk)), *at = NULL;

	/* a lock may be what a sender waits for with what it has to redirect */
	return !BPF_CORE_READ(sk, sk_lock.owned) && !bpf_probe_read_kernel(&at, sizeof(at), head) && at == head;
}

/* Sockets that nothing waits in. Those that TCP is through with, or that leave the map by themselves, are none of them. */
SEC("iter/sockmap")
int on_left(struct bpf_iter__sockmap *ctx)
{
	struct sockredir_left left = {};
	const struct sock *sk = ctx->sk;
	const void *key = ctx->key;
	struct end *end;

	if (!sk || !key)
		return 0;
	__builtin_memcpy(&left.flow, key, sizeof(left.flow));
	end = bpf_map_lookup_elem(&ends, &left.flow);
	if (!end)
		return 0;
	end->idle = is_idle((void *)sk) ? end->idle + 1 : 0;
	left.idle = end->idle;
	bpf_seq_write(ctx->meta->seq, &left, sizeof(left));
	return 0;
}
