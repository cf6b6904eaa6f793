/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What becomes of packets behind XDP programs, counted at the kernel's tracepoints into the map `counts`; which of that is
 * wanted the tool says in xdp_event_wanted().
 */
#ifndef XDP_EVENT_BPF_H
#define XDP_EVENT_BPF_H

#include "lib/netdev.bpf.h"
#include "lib/xdp_event.h"

const volatile bool by_cpu;

static __always_inline bool xdp_event_wanted(const struct xdp_event_key *key);

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct bpf_prog___own {
	struct bpf_prog_aux___own *aux;
};

struct bpf_prog_aux___own {
	__u32 id;
};

struct bpf_map___own {
	__u32 id;
	enum bpf_map_type map_type;
};
#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct xdp_event_key);
	__type(value, struct xdp_event_value);
} counts SEC(".maps");

static __always_inline void xdp_event_from(const bool direct, struct xdp_event_key *key, const struct net_device___own *dev)
{
	key->index = READ(dev, ifindex);
	key->netns = netdev_space(dev);
}

/*
 * Names are read when something is met for the first time. Inlined: a program with functions of its own that follows a NULL
 * brings kernels down that lack commit 0108a4e9f358, as 5.10 does.
 */
static __always_inline struct xdp_event_value *xdp_event_count(struct xdp_event_key *key, const struct net_device___own *dev,
							       const struct net_device___own *to, __u32 packets, __u32 drops)
{
	static const struct xdp_event_value zero;
	struct xdp_event_value *value;

	if (!xdp_event_wanted(key))
		return NULL;
	if (by_cpu)
		key->cpu = bpf_get_smp_processor_id();
	value = map_get_or_init(&counts, key, &zero);
	if (!value)
		return NULL;
	if (!value->events) {
		if (dev)
			netdev_name(value->name, dev);
		if (to)
			netdev_name(value->to_name, to);
	}
	add(&value->events, 1);
	add(&value->packets, packets);
	add(&value->drops, drops);
	return value;
}

static __always_inline int redirected(const bool direct, const struct net_device___own *dev, const struct bpf_prog___own *prog,
				      int error, __u32 map_type, __u32 map, __u32 to)
{
	struct xdp_event_key key = { .event = error ? XDP_EVENT_REDIRECT_ERR : XDP_EVENT_REDIRECT, .error = error, .to = to };
	struct xdp_event_value *value;

	xdp_event_from(direct, &key, dev);
	key.prog = READ(prog, aux, id);
	if (map_type)	/* else it is no id, but anything */
		key.map = map;
	value = xdp_event_count(&key, dev, NULL, 1, !!error);
	if (value)
		value->map_type = map_type;
	return 0;
}

/* map_type and map_id instead of the map: commit ee75aef23afe, 5.13 */
ON_TRACE_AS(redirect__args7, xdp_redirect, const struct net_device___own *dev, const struct bpf_prog___own *prog, const void *to,
	    int error, __u32 map_type, __u32 map, __u32 index)
{
	return redirected(direct, dev, prog, 0, map_type, map, index);
}

ON_TRACE_AS(redirect__args6, xdp_redirect, const struct net_device___own *dev, const struct bpf_prog___own *prog, const void *to,
	    int error, const struct bpf_map___own *map, __u32 index)
{
	return redirected(direct, dev, prog, 0, BPF_CORE_READ(map, map_type), BPF_CORE_READ(map, id), index);
}

ON_TRACE_AS(redirect_err__args7, xdp_redirect_err, const struct net_device___own *dev, const struct bpf_prog___own *prog,
	    const void *to, int error, __u32 map_type, __u32 map, __u32 index)
{
	return redirected(direct, dev, prog, error, map_type, map, index);
}

ON_TRACE_AS(redirect_err__args6, xdp_redirect_err, const struct net_device___own *dev, const struct bpf_prog___own *prog,
	    const void *to, int error, const struct bpf_map___own *map, __u32 index)
{
	return redirected(direct, dev, prog, error, BPF_CORE_READ(map, map_type), BPF_CORE_READ(map, id), index);
}

ON_TRACE_AS(exception, xdp_exception, const struct net_device___own *dev, const struct bpf_prog___own *prog, __u32 action)
{
	struct xdp_event_key key = { .event = XDP_EVENT_EXCEPTION, .error = action };

	xdp_event_from(direct, &key, dev);
	key.prog = READ(prog, aux, id);
	xdp_event_count(&key, dev, NULL, 1, 1);
	return 0;
}

/* What a driver sends for XDP_TX, and what it could not. */
ON_TRACE_AS(bulk_tx, xdp_bulk_tx, const struct net_device___own *dev, int sent, int drops, int error)
{
	struct xdp_event_key key = { .event = XDP_EVENT_BULK_TX, .error = error };

	xdp_event_from(direct, &key, dev);
	xdp_event_count(&key, dev, NULL, sent + drops, drops);
	return 0;
}

ON_TRACE_AS(devmap_xmit, xdp_devmap_xmit, const struct net_device___own *dev, const struct net_device___own *to, int sent,
	    int drops, int error)
{
	struct xdp_event_key key = { .event = XDP_EVENT_DEVMAP_XMIT, .error = error };

	xdp_event_from(direct, &key, dev);
	key.to = READ(to, ifindex);
	xdp_event_count(&key, dev, to, sent + drops, drops);
	return 0;
}

/* Here and in the next, those that are dropped are among the processed. */
ON_TRACE_AS(cpumap_enqueue, xdp_cpumap_enqueue, int map, __u32 processed, __u32 drops, int cpu)
{
	struct xdp_event_key key = { .event = XDP_EVENT_CPUMAP_ENQUEUE, .map = map, .to = cpu };

	xdp_event_count(&key, NULL, NULL, processed, drops);
	return 0;
}

static __always_inline struct xdp_event_value *dequeued(int map, __u32 processed, __u32 drops, int wakeup)
{
	struct xdp_event_key key = { .event = XDP_EVENT_CPUMAP_KTHREAD, .map = map, .to = bpf_get_smp_processor_id() };
	struct xdp_event_value *value = xdp_event_count(&key, NULL, NULL, processed, drops);

	if (value)
		add(&value->wakeups, wakeup);
	return value;
}

/* What its program said: commit 9216477449f3, 5.9 */
ON_TRACE_AS(cpumap_kthread__args5, xdp_cpumap_kthread, int map, __u32 processed, __u32 drops, int wakeup,
	    const struct xdp_cpumap_stats *stats)
{
	struct xdp_event_value *value = dequeued(map, processed, drops, wakeup);

	if (!value)
		return 0;
	add(&value->pass, READ(stats, pass));
	add(&value->redirected, READ(stats, redirect));
	add(&value->dropped, READ(stats, drop));
	return 0;
}

ON_TRACE_AS(cpumap_kthread__args4, xdp_cpumap_kthread, int map, __u32 processed, __u32 drops, int wakeup)
{
	dequeued(map, processed, drops, wakeup);
	return 0;
}

#endif
