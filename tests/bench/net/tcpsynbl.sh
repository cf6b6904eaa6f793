# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="connect, accept and close over lo: one connection that waits to be accepted"
load="connect 10000"
empties=(tp_btf/inet_sock_set_state)
bpftrace='
tracepoint:sock:inet_sock_set_state /args->protocol == 6 && args->oldstate == 10 && args->newstate == 3/ {
	$sk = (struct sock *)args->skaddr;
	@[$sk->sk_max_ack_backlog] = hist($sk->sk_ack_backlog);
}'
shown() { histogram; }
