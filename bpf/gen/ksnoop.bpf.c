// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#define CALL_DEPTH  16
#define CALL_VALUES 1		/* one more than where it is in the list of its thread; 0: nowhere */
#include "lib/calls.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/points.bpf.h"
#include "ksnoop.h"

const volatile bool only_failed, structs, with_regex;	/* with_regex: for user space */
const volatile __u64 shortest;

/* By place. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ksnoop_shape);
} shapes SEC(".maps");

/* By thread, the calls since the outermost began. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct ksnoop_calls);
} chains SEC(".maps");

/* The verifier has to see the bounds of an index that the compiler knows already. */
static __always_inline struct ksnoop_call *call_of(struct ksnoop_calls *chain, __u64 at)
{
	if (at >= KSNOOP_CALLS)
		return NULL;
	barrier_var(at);
	return &chain->calls[at & (KSNOOP_CALLS - 1)];
}

static __always_inline int enter(struct pt_regs *ctx, __u64 place, __u64 sp)
{
	static const struct ksnoop_calls none;
	__u64 id = calls_thread(), depth;
	struct ksnoop_calls *chain;
	struct ksnoop_call *c;
	struct call *call;

	if (!filter_current())
		return 0;
	call = call_begin_in(place, sp, &depth);
	if (!call)
		return 0;
	call->values[0] = 0;
	chain = map_get_or_init(&chains, &id, &none);
	if (!chain)
		return 0;
	if (!depth)
		chain->n = 0;
	c = call_of(chain, chain->n++);
	if (c) {
		call->values[0] = chain->n;
		c->place = place;
		c->depth = depth;
		c->took = 0;
		c->returned = 0;
		c->args[0] = PT_REGS_PARM1(ctx);
		c->args[1] = PT_REGS_PARM2(ctx);
		c->args[2] = PT_REGS_PARM3(ctx);
		c->args[3] = PT_REGS_PARM4(ctx);
		c->args[4] = PT_REGS_PARM5(ctx);
	}
	call_started(call);
	return 0;
}

static __always_inline bool has_failed(const struct ksnoop_shape *shape, __u64 returned)
{
	__s64 value = shape->returns == 4 ? (__s32)returned : (__s64)returned;

	return shape->returns && value < 0 && value >= -4095;
}

static __always_inline void show(const struct ksnoop_calls *chain, const struct ksnoop_shape *shape)
{
	struct ksnoop_event *e = event_reserve(struct ksnoop_event);

	if (!e)
		return;
	bpf_probe_read_kernel(&e->all, sizeof(e->all), chain);
	for (int i = 0; structs && i < KSNOOP_ARGS; i++) {
		__u64 size = shape->sizes[i];

		barrier_var(size);
		/* what can't be read is all 0 */
		if (size <= KSNOOP_STRUCT)
			bpf_probe_read_kernel(e->structs[i], size, (void *)chain->calls[0].args[i]);
	}
	event_submit(e);
}

static __always_inline int leave(struct pt_regs *ctx, __u64 place)
{
	__u64 now = bpf_ktime_get_ns(), id = calls_thread(), returned = PT_REGS_RC(ctx), left, took;
	struct ksnoop_shape *shape;
	struct ksnoop_calls *chain;
	struct ksnoop_call *c;
	struct calls *in;
	struct call *call = call_end(place, now, &in, &left);
	__u32 at = place;

	if (!call)
		return 0;
	took = call->since;
	chain = bpf_map_lookup_elem(&chains, &id);
	c = chain && call->values[0] ? call_of(chain, call->values[0] - 1) : NULL;
	if (c) {
		c->took = took ?: 1;
		c->returned = returned;
	}
	if (!left && chain) {
		shape = bpf_map_lookup_elem(&shapes, &at);
		if (shape && took >= shortest && (!only_failed || has_failed(shape, returned)))
			show(chain, shape);
		bpf_map_delete_elem(&chains, &id);
	}
	calls_done(in, left);
	return 0;
}

CALLS_NUMBERED(enter, leave)

/* A thread that ends in one of its calls. */
SEC("raw_tp/sched_process_exit")
int forget(void *ctx)
{
	__u64 id = calls_thread();

	bpf_map_delete_elem(&chains, &id);
	return 0;
}
