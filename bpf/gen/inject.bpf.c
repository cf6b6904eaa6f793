// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "inject.h"
#include "lib/filter.bpf.h"
#include "lib/stack.bpf.h"

#define DEPTH 40		/* frames in which the call chain is looked for */

const volatile __s64 result;	/* what the function returns in place of doing its work */
const volatile __u64 chance = 1ULL << 32;	/* of 2^32 */
const volatile __u64 skip, most;		/* most: 0: no end */
const volatile __u32 n_within;
const volatile struct inject_code within[INJECT_WITHIN];
const volatile bool stacks, everyone;		/* everyone: for user space */

__u64 calls, failed;		/* of those that pass the filters */

/*
 * One ticket for each call that is let pass, and for each that is to fail: who gets one is exact on all CPUs, also on
 * 5.10, where an atomic add doesn't tell what was there.
 */
#define TICKETS(name)				\
struct {					\
	__uint(type, BPF_MAP_TYPE_QUEUE);	\
	__uint(max_entries, 1);			\
	__uint(value_size, sizeof(__u32));	\
} name SEC(".maps")

TICKETS(to_skip);
TICKETS(to_fail);

enum { TAKEN = 0, NONE_LEFT = -2 /* -ENOENT */ };

/* Newer kernels may give up on a queue that others are at: such a call passes, and is told as lost. */
static __always_inline int take(void *queue)
{
	__u32 ticket;
	int ret = bpf_map_pop_elem(queue, &ticket);

	if (ret != TAKEN && ret != NONE_LEFT)
		lose(LOSS_MAP);
	return ret;
}

/* These functions are on the stack, the innermost first, whatever is between them. */
static __always_inline bool is_within(void *ctx)
{
	__u64 ip[DEPTH];
	__u32 at = 0;
	long size;

	if (!n_within)
		return true;
	size = bpf_get_stack(ctx, ip, sizeof(ip), 0);
	for (__u32 i = 0; i < DEPTH; i++) {
		if (size < (long)(i + 1) * 8)
			return false;
		if (ip[i] < within[at].from || ip[i] >= within[at].to)
			continue;
		if (++at == n_within || at == INJECT_WITHIN)
			return true;
	}
	lose(LOSS_STACK);	/* deeper than what was looked at */
	return false;
}

static __always_inline bool is_chosen(void *ctx)
{
	if (!filter_current() || !is_within(ctx))
		return false;
	add(&calls, 1);
	if (skip && take(&to_skip) != NONE_LEFT)
		return false;
	if (chance < 1ULL << 32 && bpf_get_prandom_u32() >= chance)
		return false;
	return !most || take(&to_fail) == TAKEN;
}

static __always_inline void tell(void *ctx)
{
	__u64 kernel = 0, user = 0;
	struct inject_event *e;

	add(&failed, 1);
	if (stacks) {
		kernel = stack_kernel(ctx);
		user = stack_user(ctx);
	}
	e = event_reserve(struct inject_event);
	if (!e)
		return;
	e->kernel = kernel;
	e->user = user;
	e->one = 1;
	event_submit(e);
}

/* What isn't 0 is returned in place of a call. */
SEC("?fmod_ret")
int modify(__u64 *ctx)
{
	if (!is_chosen(ctx))
		return 0;
	tell(ctx);
	return result;
}

SEC("?kprobe")
int override(struct pt_regs *ctx)
{
	if (!is_chosen(ctx))
		return 0;
	tell(ctx);
	bpf_override_return(ctx, result);
	return 0;
}
