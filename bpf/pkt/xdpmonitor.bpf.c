// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/xdp_event.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct xdp_mem_info___own {
	__u32 type;
};

struct xdp_mem_allocator___own {
	struct xdp_mem_info___own mem;
};

struct xdp_rxq_info___own {
	struct net_device___own *dev;
};
#pragma clang attribute pop

static __always_inline bool xdp_event_wanted(const struct xdp_event_key *key)
{
	return true;
}

ON_TRACE_AS(mem_connect, mem_connect, const struct xdp_mem_allocator___own *memory, const struct xdp_rxq_info___own *queue)
{
	const struct net_device___own *dev = READ(queue, dev);
	struct xdp_event_key key = { .event = XDP_EVENT_MEM_CONNECT, .to = READ(memory, mem.type) };

	xdp_event_from(false, &key, dev);
	xdp_event_count(&key, dev, NULL, 0, 0);
	return 0;
}

ON_TRACE_AS(mem_disconnect, mem_disconnect, const struct xdp_mem_allocator___own *memory)
{
	struct xdp_event_key key = { .event = XDP_EVENT_MEM_DISCONNECT, .to = READ(memory, mem.type) };

	xdp_event_count(&key, NULL, NULL, 0, 0);
	return 0;
}

/* Not called since 6.8, and gone since. */
ON_TRACE_AS(mem_return_failed, mem_return_failed, const struct xdp_mem_info___own *memory)
{
	struct xdp_event_key key = { .event = XDP_EVENT_MEM_RETURN_FAILED, .to = READ(memory, type) };

	xdp_event_count(&key, NULL, NULL, 1, 1);
	return 0;
}
