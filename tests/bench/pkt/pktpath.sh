# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="datagram over lo to itself: each place that it passes is a row; bpftrace's has four of them, and tells packets by the skb"
load="datagram 100000"
empties=("tp_btf/net_dev_queue tp_btf/net_dev_start_xmit tp_btf/netif_rx tp_btf/netif_receive_skb")
args="-4 --proto udp"
bpftrace='
tracepoint:net:net_dev_queue,
tracepoint:net:net_dev_start_xmit,
tracepoint:net:netif_rx,
tracepoint:net:netif_receive_skb {
	$skb = (struct sk_buff *)args->skbaddr;
	$ip = (struct iphdr *)($skb->head + $skb->network_header);
	if ($ip->version == 4 && $ip->protocol == 17) {
		printf("%llx %d %s %s %s\n", args->skbaddr, cpu, probe, ntop($ip->saddr), ntop($ip->daddr));
	}
}'
shown() { awk '/receive/ { n++ } END { print n + 0 }'; }
