// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/chosen.bpf.h"
#include "lib/packet.bpf.h"
#include "lib/probe.bpf.h"
#include "xdpcpu.h"

const volatile bool by_pair;
__u32 queues_id;	/* of the map below, once it is there */

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);	/* packets that its queue has room for */
} queues SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);	/* a CPU that packets are sent to; its values are by the CPU that counts */
	__type(value, struct xdpcpu_value);
} cpus SEC(".maps");

SEC("?xdp")
int on_xdp(struct xdp_md *ctx)
{
	struct packet p = {};
	struct xdpcpu_value *value;
	__u32 *cpu;

	packet_of_xdp(ctx, &p);
	cpu = chosen_cpu(packet_hash(&p, by_pair));
	value = cpu ? bpf_map_lookup_elem(&cpus, cpu) : NULL;
	if (!value)
		return XDP_PASS;
	value->packets++;
	value->bytes += p.length;
	return bpf_redirect_map(&queues, *cpu, XDP_PASS);
}

/* Packets go into a queue a bulk at a time. */
ON_TRACE(xdp_cpumap_enqueue, int map, __u32 processed, __u32 drops, int to)
{
	__u32 cpu = to;
	struct xdpcpu_value *value = (__u32)map == queues_id ? bpf_map_lookup_elem(&cpus, &cpu) : NULL;

	if (!value)
		return 0;
	if (processed > drops)	/* how many it tried; in generic mode those that it dropped are none of them */
		value->taken += processed - drops;
	value->full += drops;
	return 0;
}

/* By the thread of a queue, on its own CPU. */
ON_TRACE(xdp_cpumap_kthread, int map, __u32 processed, __u32 drops)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct xdpcpu_value *value = (__u32)map == queues_id ? bpf_map_lookup_elem(&cpus, &cpu) : NULL;

	if (value && processed > drops)		/* for some it may have found no memory */
		value->passed += processed - drops;
	return 0;
}
