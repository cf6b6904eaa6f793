// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/sock.bpf.h"
#include "lib/event.bpf.h"
#include "lib/syscall.bpf.h"
#include "solisten.h"

const volatile bool failed_only;

static __noinline int listened(const struct sock___own *sk, int backlog, int ret)
{
	__u16 family = sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : 0;
	struct solisten_event *e;
	struct flow flow = {};

	if ((family != AF_INET && family != AF_INET6) || (failed_only && ret >= 0) || !filter_current())
		return 0;
	flow_fill(false, sk, &flow);
	if (!filter_flow(&flow))
		return 0;
	e = event_reserve(struct solisten_event);
	if (!e)
		return 0;
	e->flow = flow;
	e->error = ret;
	e->backlog = ret < 0 ? backlog : BPF_CORE_READ(sk, sk_max_ack_backlog);
	e->protocol = BPF_CORE_READ(sk, sk_protocol);
	e->pad = 0;
	event_submit(e);
	return 0;
}

ON_RETURN_AS(listen, inet_listen, const struct socket___own *socket, int backlog)
{
	return listened(BPF_CORE_READ(socket, sk), backlog, ret);
}

/* Where functions can't be probed: the call as it returns, unless it has no socket. */
ON_UNPACKED_AS(listen, listen)
{
	if (call->ret == -9 || call->ret == -88)	/* EBADF, ENOTSOCK */
		return 0;
	return listened(sock_of_fd(call->arg[0]), call->arg[1], call->ret);
}
