// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/count.bpf.h"
#include "lib/page_cache.bpf.h"
#include "cachestat.h"

COUNTERS(counts, struct page_cache_counts);

static __always_inline struct page_cache_counts *page_cache_counts(void)
{
	return counter(counts, 1, 0);
}
