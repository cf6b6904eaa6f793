// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs for routes, of lightweight tunnels: they count datagrams to the ports of a test, and drop those to one port each. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FIRST_PORT 4001

char LICENSE[] SEC("license") = "GPL";

enum { IN, OUT, XMIT };

__u64 seen[3][4];	/* by program and port */

/* From IP's header on. */
static __always_inline int count(struct __sk_buff *skb, int where, __u32 dropped)
{
	__u16 port = 0;
	__u32 at;

	if (bpf_skb_load_bytes(skb, 22, &port, sizeof(port)))
		return BPF_OK;
	at = bpf_ntohs(port) - FIRST_PORT;
	if (at >= 4)
		return BPF_OK;
	__sync_fetch_and_add(&seen[where][at & 3], 1);
	return at == dropped ? BPF_DROP : BPF_OK;
}

SEC("lwt_in")
int route_in(struct __sk_buff *skb)
{
	return count(skb, IN, 2);
}

SEC("lwt_out")
int route_out(struct __sk_buff *skb)
{
	return count(skb, OUT, 3);
}

SEC("lwt_xmit")
int route_xmit(struct __sk_buff *skb)
{
	return count(skb, XMIT, 1);
}
