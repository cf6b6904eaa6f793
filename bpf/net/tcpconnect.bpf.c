// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/attempt.bpf.h"
#include "tcpconnect.h"

const volatile bool want_lport;

/* The kernel chooses the local port after this change of state: where it is asked for, the row waits for the next one. */
static __always_inline int show(const struct attempt *attempt)
{
	struct tcpconnect_event *e = event_reserve(struct tcpconnect_event);

	if (!e)
		return 0;
	e->origin = attempt->origin;
	e->flow = attempt->flow;
	event_submit(e);
	return 0;
}

ON_TCP_STATE
{
	const bool waits = want_lport || sock_lport.n || sock_port.n;
	struct attempt attempt = {};

	if (new == TCP_SYN_SENT) {
		if (waits)
			return attempt_begin(sk);
		return attempt_fill(sk, &attempt) ? show(&attempt) : 0;
	}
	if (!waits || old != TCP_SYN_SENT || !attempt_end(sk, &attempt))
		return 0;
	return show(&attempt);
}
