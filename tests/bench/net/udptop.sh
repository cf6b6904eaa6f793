# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="datagram over lo to itself, which is sent and read"
load="datagram 200000"
empties=("tp_btf/sock_send_length tp_btf/sock_recv_length")
bpftrace='
tracepoint:sock:sock_send_length /args->protocol == 17 && args->ret > 0/ {
	$sk = (struct sock *)args->sk;
	@tx[pid, comm, $sk->__sk_common.skc_num, $sk->__sk_common.skc_dport] = sum(args->ret);
}
tracepoint:sock:sock_recv_length /args->protocol == 17 && args->ret > 0/ {
	$sk = (struct sock *)args->sk;
	@rx[pid, comm, $sk->__sk_common.skc_num, $sk->__sk_common.skc_dport] = sum(args->ret);
}'
shown() { awk '/^@tx.*load/ || $2 == "load" { n += $NF * ($NF ~ /K$/ ? 1024 : 1) } END { printf "%d", n }'; }
