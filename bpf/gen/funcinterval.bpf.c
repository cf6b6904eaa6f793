// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/points.bpf.h"
#include "funcinterval.h"

const volatile __u64 unit = 1;
const volatile bool by_function, with_regex;	/* with_regex: for user space */

/* By place, when it was last come by; 0: not yet. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} last SEC(".maps");

HISTOGRAMS(hists, struct funcinterval_key);

static __always_inline int see(void *ctx, __u64 number)
{
	struct funcinterval_key key = {};
	__u32 place = number;
	__u64 now, before, *at;

	if (common.filters & ONLY_CPUS && !filter_has(ONLY_CPUS, bpf_get_smp_processor_id()))
		return 0;
	if (!filter_current())
		return 0;
	at = bpf_map_lookup_elem(&last, &place);
	if (!at)
		return 0;
	now = bpf_ktime_get_ns();
	before = *at;
	*at = now;
	if (!before)
		return 0;
	if (by_function)
		key.place = number;
	/* another CPU may have been later, and here first */
	hist_add_nested(hists, &key, now > before ? now - before : 0, unit);
	return 0;
}

POINTS_NUMBERED(see)
