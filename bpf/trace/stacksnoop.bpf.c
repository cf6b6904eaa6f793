// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/points.bpf.h"
#include "lib/stack.bpf.h"
#include "stacksnoop.h"

const volatile bool with_regex;		/* for user space */

static __always_inline int show(void *ctx, bool entry)
{
	struct stacksnoop_event *e;
	__u64 kernel, user;

	if (!filter_current())
		return 0;
	kernel = entry ? 0 : stack_kernel(ctx);
	user = entry ? stack_user_entry(ctx) : stack_user(ctx);
	e = event_reserve(struct stacksnoop_event);
	if (!e)
		return 0;
	e->kernel = kernel;
	e->user = user;
	e->one = 1;
	event_submit(e);
	return 0;
}

POINTS(show)
