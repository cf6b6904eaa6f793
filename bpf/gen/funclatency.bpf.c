// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/calls.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/points.bpf.h"
#include "funclatency.h"

const volatile __u64 unit = 1;
const volatile bool by_function, by_process, with_regex;	/* with_regex: for user space */
const volatile __u64 shortest;

HISTOGRAMS(hists, struct funclatency_key);

static __always_inline int enter(void *ctx, __u64 place, __u64 sp)
{
	struct call *call;

	if (!filter_current())
		return 0;
	call = call_begin(place, sp);
	if (call)
		call_started(call);
	return 0;
}

static __always_inline int leave(void *ctx, __u64 place)
{
	__u64 now = bpf_ktime_get_ns(), took, left;
	struct funclatency_key key = {};
	struct calls *in;
	struct call *call = call_end(place, now, &in, &left);

	if (!call)
		return 0;
	took = call->since;
	calls_done(in, left);
	if (took < shortest)
		return 0;
	if (by_function)
		key.place = place;
	if (by_process)
		key.pid = current_ids() >> 32;
	hist_add_nested(hists, &key, took, unit);
	return 0;
}

CALLS_NUMBERED(enter, leave)
