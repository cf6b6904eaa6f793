// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/generated_calls.bpf.h"
#include "lib/points.bpf.h"
#include "lib/stack.bpf.h"
#include "trace.h"

const volatile bool stacks, with_regex;		/* with_regex: for user space */
const volatile __u32 record = sizeof(struct trace_row);

static __always_inline int show(void *ctx, __u64 *room, bool entry, __u64 number)
{
	__u64 kernel = 0, user = 0;
	struct trace_row *e;

	if (!generated(GENERATED_IF, room, 0ULL))
		return 0;
	if (stacks) {
		kernel = entry ? 0 : stack_kernel(ctx);
		user = entry ? stack_user_entry(ctx) : stack_user(ctx);
	}
	e = event_reserve_bytes(record);
	if (!e)
		return 0;
	e->place = number;
	e->kernel = kernel;
	e->user = user;
	e->one = 1;
	generated(GENERATED_VALUE, room, e);
	event_submit_bytes(e, record);
	return 0;
}

static __always_inline int see(void *ctx, bool entry, __u64 number)
{
	__u64 room[GENERATED_ROOM];

	if (!is_on_cpu() || !filter_current())
		return 0;
	generated_begin(room, ctx);
	return show(ctx, room, entry, number);
}

POINTS_BOTH(see)

static __always_inline int show_return(void *ctx, __u64 *room, __u64 number)
{
	return show(ctx, room, false, number);
}

GENERATED_CALLS(show_return)
