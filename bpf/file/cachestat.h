/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"
#include "lib/page_cache.h"

struct cachestat_row {
	__u32 slot;		/* one for each CPU */
	__u32 pad;
	struct page_cache_counts value;
};
