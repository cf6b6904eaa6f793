/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls from where they begin to where they return, by thread: calls in one another, also of one function, are told apart
 * by their order, and those that were left without returning (longjmp) by the stack. With lib/points.bpf.h.
 */
#ifndef CALLS_BPF_H
#define CALLS_BPF_H

#include "lib/regs.bpf.h"

#ifndef CALL_DEPTH
#define CALL_DEPTH 32
#endif
#ifndef CALL_VALUES
#define CALL_VALUES 0	/* what a tool keeps of a call, 8 bytes each */
#endif

#define CALL_NEAR (1 << 20)	/* bytes: two places on one stack are not further apart */

/* A call that has begun. */
struct call {
	__u64 place, sp;
	__u64 since;		/* from call_end() on how long it took */
	__u64 values[CALL_VALUES];
};

struct calls {
	__u64 depth;		/* those that have no frame too */
	struct call calls[CALL_DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);		/* points.c makes room where a place needs it */
	__type(key, __u64);
	__type(value, struct calls);
} threads SEC(".maps");

/* All CPUs' idle tasks have one id. */
static __always_inline __u64 calls_thread(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	return tid ?: 1ULL << 32 | bpf_get_smp_processor_id();
}

/* The verifier has to see the bounds of an index that the compiler knows already. */
#define CALL_AT(t, depth) ({							\
	__u64 __at = depth;						\
	barrier_var(__at);						\
	&(t)->calls[__at & (CALL_DEPTH - 1)];				\
})

/* A call that was left without returning: the new one stands where it stood. System calls (sp 0) can't be in themselves. */
static __always_inline bool call_was_left(const struct call *top, __u64 place, __u64 sp)
{
	if (!sp)
		return top->place == place;
	return top->sp <= sp && sp - top->sp <= CALL_NEAR && (top->sp != sp || top->place == place);
}

static __always_inline __u64 calls_living(const struct calls *t, __u64 place, __u64 sp)
{
	__u64 depth = t->depth;

	if (depth > CALL_DEPTH) {
		if (!call_was_left(CALL_AT(t, CALL_DEPTH - 1), place, sp))
			return depth;
		depth = CALL_DEPTH;
	}
	for (int i = 0; i < CALL_DEPTH && depth && depth <= CALL_DEPTH; i++) {
		if (!call_was_left(CALL_AT(t, depth - 1), place, sp))
			break;
		depth--;
	}
	return depth;
}

/* NULL, and counted: there is no room. Its time runs from call_started(). *in: how many calls it is in. */
static __always_inline struct call *call_begin_in(__u64 place, __u64 sp, __u64 *in)
{
	static const struct calls none;
	__u64 id = calls_thread(), depth;
	struct calls *t = map_get_or_init(&threads, &id, &none);
	struct call *top;

	if (!t)
		return NULL;
	*in = depth = calls_living(t, place, sp);
	t->depth = depth + 1;
	if (depth >= CALL_DEPTH) {
		lose(LOSS_START);
		return NULL;
	}
	top = CALL_AT(t, depth);
	top->place = place;
	top->sp = sp;
	return top;
}

static __always_inline struct call *call_begin(__u64 place, __u64 sp)
{
	__u64 in;

	return call_begin_in(place, sp, &in);
}

static __always_inline void call_started(struct call *call)
{
	call->since = bpf_ktime_get_ns();
}

/* The call that returns here; NULL: it began before. To be given back by calls_done(), then *in is the calls that it was in. */
static __always_inline struct call *call_end(__u64 place, __u64 now, struct calls **in, __u64 *left)
{
	__u64 id = calls_thread(), depth;
	struct calls *t = bpf_map_lookup_elem(&threads, &id);
	struct call *top = NULL;
	bool found = false;

	if (!t)
		return NULL;
	depth = t->depth;
	if (depth > CALL_DEPTH) {	/* of a call that has no frame */
		t->depth = depth - 1;
		return NULL;
	}
	for (int i = 0; i < CALL_DEPTH && depth && depth <= CALL_DEPTH && !found; i++) {
		top = CALL_AT(t, --depth);
		found = top->place == place;
	}
	if (!found)
		return NULL;
	top->since = now - top->since;
	*in = t;
	*left = depth;
	return top;
}

static __always_inline void calls_done(struct calls *in, __u64 left)
{
	__u64 id = calls_thread();

	in->depth = left;
	if (!left)
		bpf_map_delete_elem(&threads, &id);
}

/* Nothing that it was in returns. A thread that doesn't lead its process takes over the leader's id. */
SEC("?raw_tp/sched_process_exec")
int calls_exec(struct raw_args *ctx)
{
	__u64 old = (__u32)ctx->args[1], id = calls_thread();

	bpf_map_delete_elem(&threads, &old);
	bpf_map_delete_elem(&threads, &id);
	return 0;
}

SEC("?raw_tp/sched_process_exit")
int calls_exit(void *ctx)
{
	__u64 id = calls_thread();

	bpf_map_delete_elem(&threads, &id);
	return 0;
}

#endif
