// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* XDP programs that note the order in which they get a test's own frames, and say of some that they are the end of it. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__u64 order[128];	/* by a frame's first byte, the programs that got it: 132 */

static __always_inline int note(struct xdp_md *ctx, int number)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)data;
	int what;

	if (data + sizeof(*eth) + 1 > end || eth->h_proto != bpf_htons(0x88b5))
		return 0;
	what = data[sizeof(*eth)] & 127;
	order[what] = order[what] * 10 + number;
	return what;
}

SEC("xdp")
int drops(struct xdp_md *ctx)
{
	return note(ctx, 1) == 'd' ? XDP_DROP : XDP_PASS;
}

SEC("xdp/second")
int aborts(struct xdp_md *ctx)
{
	return note(ctx, 2) == 'a' ? XDP_ABORTED : XDP_PASS;
}

SEC("xdp")
int passes(struct xdp_md *ctx)
{
	note(ctx, 3);
	return XDP_PASS;
}

SEC("xdp.frags")
int pieces_first(struct xdp_md *ctx)
{
	note(ctx, 4);
	return XDP_PASS;
}

SEC("xdp.frags")
int pieces_last(struct xdp_md *ctx)
{
	note(ctx, 5);
	return XDP_PASS;
}
