# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="a byte there and back over lo, which is sent and read twice"
load="talk 100000"
empties=("tp_btf/sock_send_length tp_btf/sock_recv_length")
bpftrace='
tracepoint:sock:sock_send_length /args->protocol == 6 && args->ret > 0/ {
	$sk = (struct sock *)args->sk;
	@tx[$sk->__sk_common.skc_daddr & 0xff] = sum(args->ret);
}
tracepoint:sock:sock_recv_length /args->protocol == 6 && args->ret > 0/ {
	$sk = (struct sock *)args->sk;
	@rx[$sk->__sk_common.skc_daddr & 0xff] = sum(args->ret);
}'
shown() { awk '/^@tx\[127\]/ || $1 ~ "^127" { n += $NF * ($NF ~ /K$/ ? 1024 : 1) } END { printf "%d", n / 2 }'; }
