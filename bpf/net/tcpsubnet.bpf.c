// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/count.bpf.h"
#include "lib/transfer.bpf.h"
#include "tcpsubnet.h"

const volatile struct sock_nets subnets;

COUNTERS(counts, struct tcpsubnet_value);

/* The first that has the remote address. */
static __noinline int subnet_of(const struct flow *flow)
{
	for (__u32 i = 0; i < SOCK_NETS && i < subnets.n; i++)
		if (net_has(&subnets.net[i], flow->family, flow->raddr))
			return i;
	return -1;
}

ON_TRANSFER
{
	struct tcpsubnet_value *value;
	struct flow flow = {};
	int i;

	if (READ(sk, sk_protocol) != IPPROTO_TCP || !filter_current())
		return 0;
	flow_fill(direct, sk, &flow);
	if (!filter_flow(&flow))
		return 0;
	i = subnet_of(&flow);
	value = i < 0 ? NULL : counter(counts, SOCK_NETS, i);
	if (value)
		add(sent ? &value->tx : &value->rx, bytes);
	return 0;
}
