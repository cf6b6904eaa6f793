// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/owner.bpf.h"
#define DROP_PROTOCOL IPPROTO_TCP
#include "lib/drop.bpf.h"
#include "lib/stack.bpf.h"
#include "tcpdrop.h"

const volatile bool want_stack;

ON_DROP
{
	const struct owner *owner = NULL;
	struct tcpdrop_event *e;
	struct flow flow = {};
	__u32 state = 0;
	__u64 stack = 0;
	bool outgoing;

	if (sk) {
		state = BPF_CORE_READ(sk, __sk_common.skc_state);
		if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV || !sock_is_tcp(sk))
			sk = NULL;	/* no whole socket, or not one of TCP */
	}
	if (sk)
		owner = owner_of(sk);
	if (!owner_wanted(owner))
		return 0;
	outgoing = packet_flow(sk, packet, &flow);
	if (!filter_flow(&flow))
		return 0;
	if (want_stack)
		stack = stack_kernel(ctx);
	e = event_reserve(struct tcpdrop_event);
	if (!e)
		return 0;
	if (sk)
		owner_fill(&e->origin, sk, owner);
	else
		origin_unknown(&e->origin);
	e->flow = flow;
	e->location = location;
	e->stack = stack;
	e->reason = reason;
	e->state = sk ? state : 0;
	e->flags = packet->rest[9] & 63;
	e->outgoing = outgoing;
	event_submit(e);
	return 0;
}

OWNERS
