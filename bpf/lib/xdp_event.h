/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_EVENT_H
#define XDP_EVENT_H

#include "lib/shared.h"

enum xdp_event {
	XDP_EVENT_REDIRECT, XDP_EVENT_REDIRECT_ERR, XDP_EVENT_EXCEPTION, XDP_EVENT_BULK_TX, XDP_EVENT_DEVMAP_XMIT,
	XDP_EVENT_CPUMAP_ENQUEUE, XDP_EVENT_CPUMAP_KTHREAD, XDP_EVENT_MEM_CONNECT, XDP_EVENT_MEM_DISCONNECT,
	XDP_EVENT_MEM_RETURN_FAILED,
	XDP_EVENT_RECEIVE, XDP_EVENT_EGRESS,	/* no tracepoints: what a tool's own programs got */
};

struct xdp_event_row {
	struct xdp_event_key {
		__u32 event;
		__s32 error;	/* -errno; of an exception the action */
		__u32 index;	/* of the interface that packets came from; 0: not told */
		__u32 to;	/* another interface, a CPU, an entry of the map, a type of memory; a queue plus 1 */
		__u32 prog, map;
		__u32 netns;
		__u32 cpu;	/* 0 unless they are apart */
	} key;
	struct xdp_event_value {
		__u64 events, packets, drops;
		__u64 pass, redirected, dropped;	/* what a program of a cpumap said */
		__u64 wakeups;
		char name[16], to_name[16];
		__u32 map_type, pad;
	} value;
};

#endif
