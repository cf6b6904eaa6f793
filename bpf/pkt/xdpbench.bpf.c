// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/netdev.bpf.h"
#include "xdpbench.h"

const volatile __u32 verdict, data_use, from_index, netns, to_cpu;
__u32 cpus_id;		/* of that map, known once it is there */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdpbench_value);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);	/* room in its queue */
} cpus SEC(".maps");

static __always_inline struct xdpbench_value *here(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&counts, &cpu);
}

/* No other program adds to these two, and it runs once at a time on a CPU. */
SEC("?xdp")
int on_xdp(struct xdp_md *ctx)
{
	__u16 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct xdpbench_value *value = here();

	if (!value)
		return XDP_ABORTED;
	value->packets++;
	value->bytes += common.frags ? bpf_xdp_get_buff_len(ctx) : (__u64)((void *)end - (void *)data);
	if (data_use != XDPBENCH_NONE) {
		if (data + 7 > end)
			return XDP_ABORTED;
		if (data_use == XDPBENCH_READ && !*(volatile __u16 *)(data + 6))
			return XDP_ABORTED;	/* no frame has a type or length of 0 */
		for (int i = 0; data_use == XDPBENCH_SWAP && i < 3; i++) {
			__u16 to = data[i];

			data[i] = data[i + 3];
			data[i + 3] = to;
		}
	}
	switch (verdict) {
	case XDPBENCH_DROP: return XDP_DROP;
	case XDPBENCH_TX: return XDP_TX;
	case XDPBENCH_REDIRECT: return bpf_redirect_map(&devices, 0, 0);
	case XDPBENCH_CPU: return bpf_redirect_map(&cpus, to_cpu, 0);
	default: return XDP_PASS;
	}
}

static __always_inline int after(__u64 taken, __u64 dropped)
{
	struct xdpbench_value *value = here();

	if (value) {
		add(&value->taken, taken);
		add(&value->dropped, dropped);
	}
	return 0;
}

#define OURS(dev) (dev && (__u32)READ(dev, ifindex) == from_index && netdev_space(dev) == netns)

ON_TRACE_AS(exception, xdp_exception, const struct net_device___own *dev)
{
	return OURS(dev) ? after(0, 1) : 0;
}

ON_TRACE_AS(redirect_err, xdp_redirect_err, const struct net_device___own *dev)
{
	return OURS(dev) ? after(0, 1) : 0;
}

ON_TRACE_AS(bulk_tx, xdp_bulk_tx, const struct net_device___own *dev, int sent, int drops)
{
	return OURS(dev) ? after(sent, drops) : 0;
}

ON_TRACE_AS(devmap_xmit, xdp_devmap_xmit, const struct net_device___own *dev, const struct net_device___own *to,
	    int sent, int drops)
{
	return OURS(dev) ? after(sent, drops) : 0;
}

/* Those that are dropped are among the processed. */
ON_TRACE_AS(cpumap_enqueue, xdp_cpumap_enqueue, int map, __u32 processed, __u32 drops)
{
	return (__u32)map == cpus_id ? after(processed - drops, drops) : 0;
}
