// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/points.bpf.h"
#include "lib/regs.bpf.h"
#include "funclatency.h"

#define DEPTH 32
#define NEAR  (1 << 20)		/* bytes: two places on one stack are not further apart */

const volatile __u64 unit = 1;
const volatile bool by_function, by_process, with_regex;	/* with_regex: for user space */
const volatile __u64 shortest;

/* A call that has begun. */
struct frame {
	__u64 place, sp, since;
};

struct thread {
	__u64 depth;		/* those that have no frame too */
	struct frame frames[DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct thread);
} threads SEC(".maps");

HISTOGRAMS(hists, struct funclatency_key);

/* All CPUs' idle tasks have one id. */
static __always_inline __u64 thread_id(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	return tid ?: 1ULL << 32 | bpf_get_smp_processor_id();
}

/* The verifier has to see the bounds of an index that the compiler knows already. */
#define FRAME(t, depth) ({							\
	__u64 __at = depth;						\
	barrier_var(__at);						\
	&(t)->frames[__at & (DEPTH - 1)];				\
})

/* A call that was left without returning (longjmp): the new one stands where it stood. */
static __always_inline bool was_left(const struct frame *top, __u64 place, __u64 sp)
{
	return sp && top->sp <= sp && sp - top->sp <= NEAR && (top->sp != sp || top->place == place);
}

static __always_inline __u64 living(const struct thread *t, __u64 place, __u64 sp)
{
	__u64 depth = t->depth;

	if (depth > DEPTH) {
		if (!was_left(FRAME(t, DEPTH - 1), place, sp))
			return depth;
		depth = DEPTH;
	}
	for (int i = 0; i < DEPTH && depth && depth <= DEPTH; i++) {
		if (!was_left(FRAME(t, depth - 1), place, sp))
			break;
		depth--;
	}
	return depth;
}

static __always_inline int enter(struct pt_regs *ctx, __u64 place)
{
	static const struct thread none;
	__u64 id = thread_id(), depth;
	struct thread *t;
	struct frame *top;

	if (!filter_current())
		return 0;
	t = map_get_or_init(&threads, &id, &none);
	if (!t)
		return 0;
	depth = living(t, place, REGS_SP(ctx));
	if (depth >= DEPTH) {
		t->depth = depth + 1;
		lose(LOSS_START);
		return 0;
	}
	top = FRAME(t, depth);
	top->place = place;
	top->sp = REGS_SP(ctx);
	t->depth = depth + 1;
	top->since = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int leave(void *ctx, __u64 place)
{
	__u64 id = thread_id(), now = bpf_ktime_get_ns(), depth, since = 0;
	struct thread *t = bpf_map_lookup_elem(&threads, &id);
	struct funclatency_key key = {};

	if (!t)
		return 0;
	depth = t->depth;
	if (depth > DEPTH) {	/* of a call that has no frame */
		t->depth = depth - 1;
		return 0;
	}
	for (int i = 0; i < DEPTH && depth && depth <= DEPTH && !since; i++) {
		const struct frame *top = FRAME(t, --depth);

		if (top->place == place)
			since = top->since;
	}
	if (!since)		/* it began before */
		return 0;
	t->depth = depth;
	if (!depth)
		bpf_map_delete_elem(&threads, &id);
	if (now - since < shortest)
		return 0;
	if (by_function)
		key.place = place;
	if (by_process)
		key.pid = current_ids() >> 32;
	hist_add_nested(hists, &key, now - since, unit);
	return 0;
}

CALLS_NUMBERED(enter, leave)

/* Nothing that it was in returns. A thread that doesn't lead its process takes over the leader's id. */
SEC("raw_tp/sched_process_exec")
int begin_anew(struct raw_args *ctx)
{
	__u64 old = (__u32)ctx->args[1], id = thread_id();

	bpf_map_delete_elem(&threads, &old);
	bpf_map_delete_elem(&threads, &id);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int forget(void *ctx)
{
	__u64 id = thread_id();

	bpf_map_delete_elem(&threads, &id);
	return 0;
}
