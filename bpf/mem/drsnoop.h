/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct drsnoop_event {
	struct origin origin;
	__u64 duration;		/* ns */
	__u64 pages;		/* that were reclaimed */
	__u32 order;		/* 2^order pages were wanted */
	__u32 pad;
};
