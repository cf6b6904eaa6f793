// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/tcp.bpf.h"
#include "lib/event.bpf.h"
#include "tcpaccept.h"

ON_TCP_ACCEPT
{
	struct tcpaccept_event *e;
	struct flow flow = {};

	if (!filter_current())
		return 0;
	flow_fill(false, sk, &flow);
	if (!filter_flow(&flow))
		return 0;
	e = event_reserve(struct tcpaccept_event);
	if (!e)
		return 0;
	e->flow = flow;
	e->queue = listener ? BPF_CORE_READ(listener, sk_ack_backlog) : 0;
	e->limit = listener ? BPF_CORE_READ(listener, sk_max_ack_backlog) : 0;
	event_submit(e);
	return 0;
}
