// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/owner.bpf.h"
#include "tcplife.h"

const volatile bool unseen_too;

static __always_inline bool fin_sent(int state)
{
	return state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

/* SYN and FIN take a sequence number each; they are no bytes of anybody's. */
static __always_inline void count_bytes(struct tcplife_event *e, const struct sock___own *sk, int state, const struct owner *owner)
{
	const struct tcp_sock___own *tp = (const void *)sk;
	__u64 acked = BPF_CORE_READ(tp, bytes_acked), received = BPF_CORE_READ(tp, bytes_received), sent;

	if (acked && owner->active)
		acked--;
	if (acked && fin_sent(state) && BPF_CORE_READ(tp, snd_una) == BPF_CORE_READ(tp, write_seq))
		acked--;
	if (!owner->origin.time) {	/* who connected to whom isn't known, but no more than was sent was acknowledged */
		sent = BPF_CORE_READ(tp, bytes_sent) - BPF_CORE_READ(tp, bytes_retrans);
		if (acked > sent)
			acked = sent;
	}
	if (received && BPF_CORE_READ(sk, __sk_common.skc_flags) & 1 << SOCK_DONE_BIT)
		received--;
	e->tx = acked;
	e->rx = received;
}

static __noinline int ended(const struct sock___own *sk, int state)
{
	const struct tcp_sock___own *tp = (const void *)sk;
	struct owner *found, owner = {};
	struct tcplife_event *e;
	struct flow flow = {};

	found = owner_of(sk);
	if (found) {
		owner = *found;
		owner_forget(sk);
	}
	if (state == TCP_LISTEN || state == TCP_CLOSE || (!found && !unseen_too) || (!owner.known && SOCK_OWNER_FILTERS))
		return 0;
	if (!found && state == TCP_SYN_RECV)	/* a handshake that came to nothing, or was done already */
		return 0;
	flow_fill(false, sk, &flow);
	if (!filter_flow(&flow))
		return 0;
	e = event_reserve(struct tcplife_event);
	if (!e)
		return 0;
	owner.origin.cpu = e->origin.cpu;
	e->life = owner.origin.time ? e->origin.time - owner.origin.time : 0;
	owner.origin.uid = common.want_uid ? BPF_CORE_READ(sk, sk_uid.val) : 0;
	e->flow = flow;
	count_bytes(e, sk, state, &owner);
	e->srtt = (BPF_CORE_READ(tp, srtt_us) >> 3) * 1000ULL;
	e->retransmits = BPF_CORE_READ(tp, total_retrans);
	e->state = state;
	owner.origin.time = e->origin.time;
	e->origin = owner.origin;
	event_submit(e);
	return 0;
}

ON_TCP_STATE
{
	if (new == TCP_CLOSE)
		return ended(sk, old);
	return owner_changed(sk, old, new, unseen_too);
}

ON_TCP_ACCEPT
{
	return owner_accepted(sk);
}
