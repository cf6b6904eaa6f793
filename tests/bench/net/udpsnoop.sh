# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="datagram over lo to itself; sent and read are rows"
load="datagram 200000"
empties=(raw_tp/sys_exit "tp_btf/sock_send_length tp_btf/sock_recv_length")
bpftrace='
tracepoint:sock:sock_send_length /args->protocol == 17/ {
	$sk = (struct sock *)args->sk;
	printf("%d %s sent %s %d %d\n", pid, comm, ntop($sk->__sk_common.skc_daddr), $sk->__sk_common.skc_num, args->ret);
}
tracepoint:sock:sock_recv_length /args->protocol == 17/ {
	$sk = (struct sock *)args->sk;
	printf("%d %s read %s %d %d\n", pid, comm, ntop($sk->__sk_common.skc_daddr), $sk->__sk_common.skc_num, args->ret);
}'
shown() { awk '$2 == "load" { n++ } END { printf "%d", n / 2 }'; }
