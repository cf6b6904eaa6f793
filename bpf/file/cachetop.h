/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"
#include "lib/page_cache.h"

struct cachetop_row {
	struct cachetop_key {
		__u32 pid, uid;
	} key;
	struct cachetop_value {
		struct page_cache_counts counts;
		char comm[COMM_LEN];
	} value;
};
