/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDPCPU_H
#define XDPCPU_H

#include "lib/shared.h"

struct xdpcpu_value {
	__u64 packets, bytes;	/* sent there */
	__u64 taken, full;	/* by its queue: in, and dropped since it was full */
	__u64 passed;		/* to the stack by its thread */
};

#endif
