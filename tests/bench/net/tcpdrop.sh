# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="connect over lo to where nobody listens, whose segment is dropped"
load="refused 20000"
empties=(tp_btf/kfree_skb "tp_btf/kfree_skb tp_btf/inet_sock_set_state raw_tp/sys_exit")
bpftrace='
tracepoint:skb:kfree_skb /args->reason > 2 && args->protocol == 0x800/ {
	$skb = (struct sk_buff *)args->skbaddr;
	$ip = (struct iphdr *)($skb->head + $skb->network_header);
	if ($ip->protocol == 6) {
		$tcp = (struct tcphdr *)($skb->head + $skb->transport_header);
		printf("%d %s %s %d %s %d %d\n", pid, comm, ntop($ip->daddr), $tcp->dest, ntop($ip->saddr), $tcp->source, args->reason);
	}
}'
shown() { grep -acE '127\.0\.0\.1' || true; }
