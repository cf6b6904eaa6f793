// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/tcp.bpf.h"
#include "lib/hist.bpf.h"
#include "tcpsynbl.h"

const volatile bool by_port;

HISTOGRAMS(hists, struct tcpsynbl_key);

/* The listener has its own port, the socket that is made from it not yet the other end's name. */
ON_TCP_STATE
{
	const struct sock___own *listener;
	struct tcpsynbl_key key = {};

	if (old != TCP_LISTEN || new != TCP_SYN_RECV)
		return 0;
	listener = tcp_listener_of(sk);
	if (!filter_sock(false, listener))
		return 0;
	key.limit = BPF_CORE_READ(listener, sk_max_ack_backlog);
	if (by_port)
		key.port = BPF_CORE_READ(listener, __sk_common.skc_num);
	hist_add(hists, &key, BPF_CORE_READ(listener, sk_ack_backlog), 1);
	return 0;
}
