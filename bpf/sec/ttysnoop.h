/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/data.h"

struct ttysnoop_event {
	struct origin origin;	/* who wrote, or read */
	__u32 input;		/* it was read */
	__u32 pad;
	struct data data;
};
