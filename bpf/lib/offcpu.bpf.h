/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When a task has left its CPU, and where it was then. A task is the current one while it leaves, so its stacks and the
 * filters on it are cheap to have there; what its time is counted by is kept until it comes back.
 */
#ifndef OFFCPU_BPF_H
#define OFFCPU_BPF_H

#include "lib/inflight.bpf.h"
#include "lib/offcpu.h"
#include "lib/kernel.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/stack.bpf.h"
#include "lib/task.bpf.h"

/* include/linux/sched.h */
#define TASK_DEAD 0x0080

const volatile __u64 min_block = 1000, max_block = -1ULL;	/* ns */
const volatile __u64 states;		/* only blocked in one of these; 0: in any */
const volatile bool only_user_threads, only_kernel_threads;
const volatile bool preempted_too;	/* those that would rather run on */

/* A task that leaves its CPU: is its time wanted? */
static __always_inline bool offcpu_wanted(const bool direct, struct task_struct *task, bool preempt)
{
	__u64 state = preempt ? 0 : task_state(task);

	if (!READ(task, pid) || state & TASK_DEAD)	/* the idle tasks; and who won't come back */
		return false;
	if (!state && !preempted_too)
		return false;
	if (states && !(state & states))
		return false;
	if ((only_user_threads || only_kernel_threads) && !(READ(task, flags) & PF_KTHREAD) != only_user_threads)
		return false;
	return filter_current();
}

/* What is kept of it: `left` has the time and a key with what all of these tools count by. */
#define offcpu_leaves(left, ctx, prev, preempt) ({				\
	bool __wanted = offcpu_wanted(direct, prev, preempt);			\
										\
	if (__wanted) {								\
		(left)->at = bpf_ktime_get_ns();				\
		(left)->key.pid = current_ids() >> 32;				\
		bpf_get_current_comm((left)->key.comm, sizeof((left)->key.comm)); \
		(left)->key.kernel = stack_kernel(ctx);				\
		(left)->key.user = stack_user(ctx);				\
	}									\
	__wanted;								\
})

/* It is back: its time goes to `value`, what that key has in the map `counts`. */
#define offcpu_returns(left, counts) ({						\
	__u64 __ns = bpf_ktime_get_ns() - (left)->at;				\
	struct offcpu_value __zero = {}, *__value = NULL;			\
										\
	if (offcpu_long_enough(__ns))						\
		__value = map_get_or_init(counts, &(left)->key, &__zero);	\
	if (__value) {								\
		add(&__value->total, __ns);					\
		add(&__value->count, 1);					\
	}									\
})

static __always_inline bool offcpu_long_enough(__u64 ns)
{
	return ns >= min_block && ns <= max_block;
}

#endif
