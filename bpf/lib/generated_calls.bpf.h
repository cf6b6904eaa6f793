/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tools whose programs have code of the user's (generated.bpf.h), at places and for calls: GENERATED_CALLS(act) makes the
 * programs that call `act(ctx, room, number)` where a call returns; values of how it began are in the room.
 */
#ifndef GENERATED_CALLS_BPF_H
#define GENERATED_CALLS_BPF_H

#include "lib/generated.bpf.h"
#include "lib/calls.bpf.h"
#include "lib/points.bpf.h"

static __always_inline bool is_on_cpu(void)
{
	return !(common.filters & ONLY_CPUS) || filter_has(ONLY_CPUS, bpf_get_smp_processor_id());
}

static __always_inline int generated_enter(void *ctx, __u64 number, __u64 sp)
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

#define GENERATED_CALLS(act)						\
static __always_inline int generated_leave(void *ctx, __u64 number)	\
{									\
	__u64 room[GENERATED_ROOM], now = bpf_ktime_get_ns(), left;	\
	struct calls *in;						\
	struct call *call = call_end(number, now, &in, &left);		\
									\
	if (!call)							\
		return 0;						\
	if (is_on_cpu()) {						\
		generated_begin(room, ctx);				\
		generated_call(room, call);				\
		act(ctx, room, number);					\
	}								\
	calls_done(in, left);						\
	return 0;							\
}									\
									\
CALLS_AND_SYSCALLS_NUMBERED(generated_enter, generated_leave)

#endif
