// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/owner.bpf.h"
#include "tcptracer.h"

static __noinline int show(const struct sock___own *sk, __u32 what)
{
	const struct owner *owner = owner_of(sk);
	struct tcptracer_event *e;
	struct flow flow = {};

	if (!owner_wanted(owner))
		return 0;
	flow_fill(false, sk, &flow);
	if (!filter_flow(&flow))
		return 0;
	e = event_reserve(struct tcptracer_event);
	if (!e)
		return 0;
	owner_fill(&e->origin, sk, owner);
	e->flow = flow;
	e->what = what;
	e->pad = 0;
	event_submit(e);
	return 0;
}

ON_TCP_STATE
{
	owner_changed(sk, old, new, true);
	if (old == TCP_SYN_SENT && new == TCP_ESTABLISHED)
		show(sk, TCPTRACER_CONNECT);
	else if (old == TCP_ESTABLISHED || old == TCP_CLOSE_WAIT)
		if (new != TCP_CLOSE_WAIT)
			show(sk, TCPTRACER_CLOSE);
	if (new == TCP_CLOSE)
		owner_forget(sk);
	return 0;
}

ON_TCP_ACCEPT
{
	owner_accepted(sk);
	if (filter_current())
		show(sk, TCPTRACER_ACCEPT);
	return 0;
}
