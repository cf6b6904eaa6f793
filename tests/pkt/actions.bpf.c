// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An XDP program that does with a test's own frames (Ethernet type 0x88b5) what their first byte says, and counts them. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);	/* room for that many packets */
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

__u64 seen[128];
__u32 elsewhere;	/* where `i` sends them */

SEC("xdp")
int actions(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)data;
	int action;

	if (data + sizeof(*eth) + 1 > end || eth->h_proto != bpf_htons(0x88b5))
		return XDP_PASS;
	action = data[sizeof(*eth)] & 127;
	__sync_fetch_and_add(&seen[action], 1);
	switch (action) {
	case 'a': return XDP_ABORTED;
	case 'd': return XDP_DROP;
	case 't': return XDP_TX;
	case 'c': return bpf_redirect_map(&cpus, 0, 0);
	case 'm': return bpf_redirect_map(&devices, 0, 0);
	case 'i': return bpf_redirect(elsewhere, 0);
	default: return XDP_PASS;
	}
}

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}
