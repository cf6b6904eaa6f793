// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/count.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/points.bpf.h"

const volatile bool with_regex;		/* for user space */
const volatile __u32 places = 1;

COUNTERS(counts, __u64);

/* At functions of programs a task may be preempted between reading and writing. */
static __always_inline int count(void *ctx, __u64 place)
{
	__u64 *value;

	if (common.filters & ONLY_CPUS && !filter_has(ONLY_CPUS, bpf_get_smp_processor_id()))
		return 0;
	if (!filter_current())
		return 0;
	value = counter(counts, places, place);
	if (value)
		add(value, 1);
	return 0;
}

POINTS_NUMBERED(count)
