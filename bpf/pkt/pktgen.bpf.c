// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Makes the frames that BPF_PROG_TEST_RUN lets live; nothing is attached but the tracepoint that tells how many left.
 */
#include "lib/tool.bpf.h"
#include "lib/netdev.bpf.h"
#include "pktgen.h"

const volatile struct pktgen_plan plan;

/* Written by user space alone, which reads `senders` in between. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pktgen_value);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pktgen_sender);
} senders SEC(".maps");

/* Whole headers: a frame's memory may be one that was sent before, and changed by who got it. */
SEC("?xdp")
int live(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 cpu = bpf_get_smp_processor_id();
	struct pktgen_sender *sender = bpf_map_lookup_elem(&senders, &cpu);

	if (!sender || data + plan.head > end)
		return XDP_ABORTED;
#pragma unroll
	for (__u32 i = 0; i < PKTGEN_HEAD; i += 2)
		if (i < plan.head)
			*(__u16 *)(data + i) = *(const volatile __u16 *)(plan.frame + i);
	data += plan.ip;
	if (plan.six) {
		if (data + 48 > end)
			return XDP_ABORTED;
		pktgen_vary(&plan, data, true, sender->next);
	} else {
		if (data + 28 > end)
			return XDP_ABORTED;
		pktgen_vary(&plan, data, false, sender->next);
	}
	sender->next++;
	return bpf_redirect(plan.index, 0);
}

/* Called by the sender itself, as it hands its frames to the driver: of this process, so nobody else's. */
ON_TRACE_AS(sent, xdp_devmap_xmit, const struct net_device___own *from, const struct net_device___own *to, int sent,
	    int drops, int error)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct pktgen_sender *sender;

	if (current_ids() >> 32 != common.self || (__u32)READ(to, ifindex) != plan.index)
		return 0;
	sender = bpf_map_lookup_elem(&senders, &cpu);
	if (sender && sent > 0)
		sender->sent += sent;
	return 0;
}
