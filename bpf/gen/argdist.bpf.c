// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/generated_calls.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/points.bpf.h"
#include "argdist.h"

const volatile bool hist, sums, with_regex;	/* with_regex: for user space */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct argdist_key);
	__type(value, struct argdist_value);
} counts SEC(".maps");

HISTOGRAMS(hists, struct argdist_key);

/* One more than which probe it is, and with the key what the last value is worth: 0 if that is in the key too. */
static __always_inline int count(void *ctx, __u64 *room, __u64 number)
{
	static const struct argdist_value zero;
	struct argdist_key key = {};
	struct argdist_value *v;
	__u64 value;

	key.probe = generated(GENERATED_IF, room, 0ULL);
	if (!key.probe)
		return 0;
	key.probe--;
	value = generated(GENERATED_VALUE, room, key.values);
	if (hist) {
		hist_add_nested(hists, &key, value, 1);
		return 0;
	}
	v = map_get_or_init(&counts, &key, &zero);
	if (!v)
		return 0;
	add(&v->count, 1);
	if (sums)
		add(&v->sum, value);
	return 0;
}

static __always_inline int see(void *ctx, __u64 number)
{
	__u64 room[GENERATED_ROOM];

	if (!is_on_cpu() || !filter_current())
		return 0;
	generated_begin(room, ctx);
	return count(ctx, room, number);
}

POINTS_NUMBERED(see)

GENERATED_CALLS(count)
