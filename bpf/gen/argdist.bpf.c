// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/generated.bpf.h"
#include "lib/calls.bpf.h"
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
static __always_inline int count(void *ctx, __u64 *room)
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

static __always_inline bool is_on_cpu(void)
{
	return !(common.filters & ONLY_CPUS) || filter_has(ONLY_CPUS, bpf_get_smp_processor_id());
}

static __always_inline int see(void *ctx, __u64 number)
{
	__u64 room[GENERATED_ROOM];

	if (!is_on_cpu() || !filter_current())
		return 0;
	generated_begin(room, ctx);
	return count(ctx, room);
}

POINTS_NUMBERED(see)

/* Calls: what was there as they began, and how long they took. */
static __always_inline int enter(void *ctx, __u64 number, __u64 sp)
{
	__u64 room[GENERATED_ROOM];
	struct call *call;

	if (!filter_current())
		return 0;
	call = call_begin(number, sp);
	if (!call)
		return 0;
	generated_begin(room, ctx);
	generated(GENERATED_ENTRY, room, call->values);
	call_started(call);
	return 0;
}

static __always_inline int leave(void *ctx, __u64 number)
{
	__u64 room[GENERATED_ROOM], now = bpf_ktime_get_ns(), left;
	struct calls *in;
	struct call *call = call_end(number, now, &in, &left);

	if (!call)
		return 0;
	if (is_on_cpu()) {
		generated_begin(room, ctx);
		generated_call(room, call);
		count(ctx, room);
	}
	calls_done(in, left);
	return 0;
}

CALLS_AND_SYSCALLS_NUMBERED(enter, leave)
