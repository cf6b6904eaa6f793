// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/generated.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/points.bpf.h"
#include "argdist.h"

const volatile bool hist, with_regex;	/* with_regex: for user space */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct argdist_key);
	__type(value, __u64);
} counts SEC(".maps");

HISTOGRAMS(hists, struct argdist_probe);

static __always_inline int see(void *ctx, __u64 number)
{
	__u64 room[GENERATED_ROOM], probe, zero = 0, *count;

	if (common.filters & ONLY_CPUS && !filter_has(ONLY_CPUS, bpf_get_smp_processor_id()))
		return 0;
	if (!filter_current())
		return 0;
	generated_begin(room, ctx);
	probe = generated(GENERATED_IF, room, 0ULL);	/* 1 more than which */
	if (!probe)
		return 0;
	if (!hist) {
		struct argdist_key key = { .probe = probe - 1 };

		generated(GENERATED_VALUE, room, key.values);
		count = map_get_or_init(&counts, &key, &zero);
		if (count)
			add(count, 1);
	} else {
		struct argdist_probe key = { probe - 1 };
		__s64 value = generated(GENERATED_VALUE, room, 0ULL);

		hist_add_nested(hists, &key, value, 1);
	}
	return 0;
}

POINTS_NUMBERED(see)
