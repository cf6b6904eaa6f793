// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/owner.bpf.h"
#include "tcpretrans.h"

#define ICSK_TIME_LOSS_PROBE 5	/* include/net/inet_connection_sock.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct inet_connection_sock___own {
	__u8 icsk_pending;
	__u8 icsk_ca_state: 5;
};

struct sk_buff___own {
	char cb[48];
};

struct tcp_skb_cb___own {
	__u32 seq, end_seq;
};
#pragma clang attribute pop

static __always_inline __u32 kind_of(const struct sock___own *sk, int state)
{
	const struct inet_connection_sock___own *icsk = (const void *)sk;

	if (state == TCP_SYN_SENT)
		return RETRANS_SYN;
	if (state == TCP_SYN_RECV)
		return RETRANS_SYNACK;
	if (BPF_CORE_READ(icsk, icsk_pending) == ICSK_TIME_LOSS_PROBE)
		return RETRANS_PROBE;
	switch (BPF_CORE_READ_BITFIELD_PROBED(icsk, icsk_ca_state)) {
	case TCP_CA_Loss:
		return RETRANS_TIMEOUT;
	case TCP_CA_Recovery:
		return RETRANS_FAST;
	}
	return RETRANS_OTHER;
}

/* `of`: the socket, or the request for one that `listener` answers. */
static __always_inline struct tcpretrans_event *begin(const struct sock___own *listener, const struct sock___own *of)
{
	const struct owner *owner = owner_of(listener);
	struct tcpretrans_event *e;
	struct flow flow = {};

	flow_fill(false, of, &flow);
	if (!owner_wanted(owner) || !filter_flow(&flow))
		return NULL;
	e = event_reserve(struct tcpretrans_event);
	if (!e)
		return NULL;
	owner_fill(&e->origin, listener, owner);
	e->flow = flow;
	e->sequence = e->bytes = e->pad = 0;
	e->error = 0;
	return e;
}

static __noinline int retransmit(const struct sock___own *sk, const struct sk_buff___own *skb, int error)
{
	const struct tcp_skb_cb___own *cb = (const void *)skb + bpf_core_field_offset(struct sk_buff___own, cb);
	struct tcpretrans_event *e = begin(sk, sk);

	if (!e)
		return 0;
	e->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	e->kind = kind_of(sk, e->state);
	e->sequence = BPF_CORE_READ(cb, seq);
	e->bytes = BPF_CORE_READ(cb, end_seq) - e->sequence;
	e->error = error;
	event_submit(e);
	return 0;
}

/* args3: failures too, with the error; in 6.18 */
ON_TRACE_AS(retransmit__args2, tcp_retransmit_skb, const struct sock___own *sk, const struct sk_buff___own *skb)
{
	return retransmit(sk, skb, 0);
}

ON_TRACE_AS(retransmit__args3, tcp_retransmit_skb, const struct sock___own *sk, const struct sk_buff___own *skb, int error)
{
	return retransmit(sk, skb, error);
}

/* A request is no socket yet, but begins as one does. */
ON_TRACE(tcp_retransmit_synack, const struct sock___own *sk, const struct sock___own *request)
{
	struct tcpretrans_event *e = begin(sk, request);

	if (!e)
		return 0;
	e->state = TCP_NEW_SYN_RECV;
	e->kind = RETRANS_SYNACK;
	event_submit(e);
	return 0;
}

OWNERS
