// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/query.bpf.h"
#include "dbstat.h"

const volatile __u64 unit = 1000000;
const volatile bool by_process;
const volatile __u64 shortest;

HISTOGRAMS(hists, struct dbstat_key);

static __always_inline void ended(const struct query_begun *begun, __u64 took)
{
	struct dbstat_key key = {};

	if (took < shortest)
		return;
	if (by_process)
		key.pid = current_ids() >> 32;
	hist_add_nested(hists, &key, took, unit);
}

QUERIES(ended)
