/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct compactsnoop_event {
	struct origin origin;
	__u64 duration;		/* ns */
	__s32 order;		/* 2^order pages were wanted; -1: as many as can be */
	__s32 status;		/* enum compact_result of this kernel */
	__s32 node;
	__u32 is_sync;
	char zone[16];
};
