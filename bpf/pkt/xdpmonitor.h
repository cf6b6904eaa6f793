/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum xdpmonitor_event {
	XDPMONITOR_REDIRECT, XDPMONITOR_REDIRECT_ERR, XDPMONITOR_EXCEPTION, XDPMONITOR_BULK_TX, XDPMONITOR_DEVMAP_XMIT,
	XDPMONITOR_CPUMAP_ENQUEUE, XDPMONITOR_CPUMAP_KTHREAD, XDPMONITOR_MEM_CONNECT, XDPMONITOR_MEM_DISCONNECT,
	XDPMONITOR_MEM_RETURN_FAILED,
};

struct xdpmonitor_row {
	struct xdpmonitor_key {
		__u32 event;
		__s32 error;	/* -errno; of an exception the action */
		__u32 index;	/* of the interface that packets came from; 0: not told */
		__u32 to;	/* another interface, a CPU, an entry of the map, a type of memory */
		__u32 prog, map;
		__u32 netns;
		__u32 cpu;	/* 0 unless they are apart */
	} key;
	struct xdpmonitor_value {
		__u64 events, packets, drops;
		__u64 pass, redirected, dropped;	/* what a program of a cpumap said */
		__u64 wakeups;
		char name[16], to_name[16];
		__u32 map_type, pad;
	} value;
};
