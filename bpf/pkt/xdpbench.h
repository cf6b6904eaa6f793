/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum xdpbench_verdict { XDPBENCH_DROP, XDPBENCH_PASS, XDPBENCH_TX, XDPBENCH_REDIRECT, XDPBENCH_CPU, XDPBENCH_VERDICTS };
enum xdpbench_data { XDPBENCH_NONE, XDPBENCH_READ, XDPBENCH_SWAP, XDPBENCH_DATA };

struct xdpbench_row {
	__u32 cpu, pad;
	struct xdpbench_value {
		__u64 packets, bytes;
		__u64 taken, dropped;	/* after the verdict */
	} value;
};
