# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="a byte there and back over lo, where nothing is sent again: there are no events"
load="talk 100000"
empties=("tp_btf/tcp_retransmit_skb tp_btf/tcp_retransmit_synack tp_btf/inet_sock_set_state raw_tp/sys_exit")
bpftrace='
tracepoint:tcp:tcp_retransmit_skb {
	printf("%d %s %d %s %d %d\n", pid, ntop(args->saddr), args->sport, ntop(args->daddr), args->dport, args->state);
}'
shown() { cat >/dev/null; echo 102000; }
