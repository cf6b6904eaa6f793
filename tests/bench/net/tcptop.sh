# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="a byte there and back over lo, which is sent and read twice"
load="talk 100000"
empties=("tp_btf/sock_send_length tp_btf/sock_recv_length")
peer_args="-C 1000"
bpftrace='
tracepoint:sock:sock_send_length /args->protocol == 6 && args->ret > 0/ {
	$sk = (struct sock *)args->sk;
	@tx[pid, comm, ntop($sk->__sk_common.skc_rcv_saddr), $sk->__sk_common.skc_num, ntop($sk->__sk_common.skc_daddr),
	    $sk->__sk_common.skc_dport] = sum(args->ret);
}
tracepoint:sock:sock_recv_length /args->protocol == 6 && args->ret > 0/ {
	$sk = (struct sock *)args->sk;
	@rx[pid, comm, ntop($sk->__sk_common.skc_rcv_saddr), $sk->__sk_common.skc_num, ntop($sk->__sk_common.skc_daddr),
	    $sk->__sk_common.skc_dport] = sum(args->ret);
}'
# What was sent, by either end, is one byte each; libbpf-tools tells KiB.
shown()
{
	awk '/TX_KB/ { kib = 1 } /^@tx.*load/ || $2 == "load" { n += $NF * (kib || $NF ~ /K$/ ? 1024 : 1) } END { printf "%d", n / 2 }'
}
