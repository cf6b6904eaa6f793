// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "funcslower.h"
#define CALL_DEPTH  16
#define CALL_VALUES FUNCSLOWER_ARGS
#include "lib/calls.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/points.bpf.h"
#include "lib/stack.bpf.h"

const volatile __u64 shortest = 1000000;
const volatile __u64 arguments;		/* how many are kept */
const volatile bool stacks, with_regex;	/* with_regex: for user space */

#define KEEP(n, value) do { if (arguments >= n) call->values[n - 1] = value; } while (0)

static __always_inline int enter(struct pt_regs *ctx, __u64 place, __u64 sp)
{
	struct call *call;

	if (!filter_current())
		return 0;
	call = call_begin(place, sp);
	if (!call)
		return 0;
	KEEP(1, PT_REGS_PARM1(ctx));
	KEEP(2, PT_REGS_PARM2(ctx));
	KEEP(3, PT_REGS_PARM3(ctx));
	KEEP(4, PT_REGS_PARM4(ctx));
	KEEP(5, PT_REGS_PARM5(ctx));
	call_started(call);
	return 0;
}

static __always_inline void show(struct pt_regs *ctx, __u64 place, const struct call *call)
{
	__u64 kernel = 0, user = 0;
	struct funcslower_event *e;

	if (stacks) {
		kernel = stack_kernel(ctx);
		user = stack_user(ctx);
	}
	e = event_reserve(struct funcslower_event);
	if (!e)
		return;
	e->place = place;
	e->took = call->since;
	e->returned = PT_REGS_RC(ctx);
	for (__u64 i = 0; i < FUNCSLOWER_ARGS; i++)
		e->args[i] = arguments > i ? call->values[i] : 0;
	e->kernel = kernel;
	e->user = user;
	e->one = 1;
	event_submit(e);
}

static __always_inline int leave(struct pt_regs *ctx, __u64 place)
{
	__u64 now = bpf_ktime_get_ns(), left;
	struct calls *in;
	struct call *call = call_end(place, now, &in, &left);

	if (!call)
		return 0;
	if (call->since >= shortest)
		show(ctx, place, call);
	calls_done(in, left);
	return 0;
}

CALLS_NUMBERED(enter, leave)
