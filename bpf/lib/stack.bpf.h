/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kernel and user stacks. A stack is known by a hash of its content, so no two share a place and none is lost for
 * that. The first time that it is met it goes through the ring buffer, as long as it is, and user space names its frames
 * while the process still lives. What was sent is remembered in an LRU map: a stack that was forgotten is sent again.
 */
#ifndef STACK_BPF_H
#define STACK_BPF_H

#include "lib/regs.bpf.h"
#include "lib/event.bpf.h"
#include "lib/stack.h"

/* Set by OPT_STACKS in user/lib/stack.h. */
const volatile __u32 stack_depth = STACK_FRAMES;
const volatile bool only_kernel_stacks, only_user_stacks;

/* Memory to take a stack in: an interrupt may come while one is taken, and on newer kernels another task. */
#define STACK_SLOTS 4

struct stack_slot {
	__u64 owner;
	struct stack_event e;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STACK_SLOTS);
	__type(key, __u32);
	__type(value, struct stack_slot);
} stack_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} stacks_sent SEC(".maps");

#define STACK_MIX 0x9e3779b97f4a7c15ULL	/* 2^64 over the golden ratio */

static __always_inline __u64 stack_mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * STACK_MIX;
	return hash ^ hash >> 29;
}

/* True, and from then on remembered, when it was not. */
static __always_inline bool stack_is_new(__u64 id)
{
	__u8 yes = 1;

	if (bpf_map_lookup_elem(&stacks_sent, &id))
		return false;
	bpf_map_update_elem(&stacks_sent, &id, &yes, BPF_ANY);	/* if that fails it is sent again */
	return true;
}

/* The reader is woken for a process that it hasn't met, so that it sees its mappings before they are gone. */
static __always_inline void stack_send(struct stack_event *e)
{
	__u64 process = stack_mix(stack_mix(e->image, e->origin.pid), 1), id = e->id;
	__u64 size = offsetof(struct stack_event, ip) + (e->frames & 127) * 8;
	__u64 wake = e->user && stack_is_new(process) ? BPF_RB_FORCE_WAKEUP : 0;
	__u64 waiting;

	if (!wake) {
		waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
		wake = event_wakeup(waiting, waiting + EVENT_SPACE(size));
	}
	if (!bpf_ringbuf_output(&events, e, size, wake))
		return;
	bpf_map_delete_elem(&stacks_sent, &id);
	lose(LOSS_STACK);
}

static __always_inline __u64 stack_image(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, mm, start_stack);
}

/* `caller`: of a function that has only begun, where it returns to; else 0. */
static __always_inline __u64 stack_fill(void *ctx, struct stack_event *e, __u32 user, __u64 caller)
{
	__u64 hash;
	long size;

	if (caller) {
		size = bpf_get_stack(ctx, e->ip + 1, (STACK_FRAMES - 1) * 8, BPF_F_USER_STACK);
		if (size >= 8)
			size += 8;
		e->ip[0] = e->ip[1];
		e->ip[1] = caller;
		user = STACK_AT_ENTRY;
	} else {
		size = bpf_get_stack(ctx, e->ip, stack_depth * 8, user ? BPF_F_USER_STACK : 0);
	}
	if (size < 8)
		return 0;
	origin_fill(&e->origin);
	e->origin.cpu = STACK_MARK;
	e->user = user;
	e->frames = (__u64)size / 8;
	e->image = user ? stack_image() : 0;
	hash = stack_mix(e->image, user ? (__u64)e->origin.pid << 32 | e->frames : e->frames);
	for (__u32 i = 0; i < STACK_FRAMES; i++) {
		if (i >= e->frames)
			break;
		hash = stack_mix(hash, e->ip[i]);
	}
	e->id = hash ?: 1;
	if (stack_is_new(e->id))
		stack_send(e);
	return e->id;
}

/* The current task's stack, by its id; 0: there is none, or nobody asked for it. */
static __always_inline __u64 stack_take(void *ctx, bool user, __u64 caller)
{
	__u64 mine = bpf_get_current_pid_tgid() << 32 ^ bpf_ktime_get_ns(), id;
	struct stack_slot *slot = NULL;

	if (user ? only_kernel_stacks : only_user_stacks)
		return 0;
	for (__u32 i = 0; i < STACK_SLOTS; i++) {
		__u32 at = i;

		slot = bpf_map_lookup_elem(&stack_slots, &at);
		if (slot && !slot->owner)
			break;
	}
	if (!slot || slot->owner) {
		lose(LOSS_STACK);
		return 0;
	}
	slot->owner = mine ?: 1;
	barrier();
	id = stack_fill(ctx, &slot->e, user, caller);
	barrier();
	slot->owner = 0;
	return id;
}

#define stack_kernel(ctx) stack_take(ctx, false, 0)
#define stack_user(ctx)	  stack_take(ctx, true, 0)

/* At a uprobe: the function has no frame of its own yet, so its caller is not where the kernel looks for it. */
static __always_inline __u64 stack_user_entry(struct pt_regs *ctx)
{
	return stack_take(ctx, true, regs_caller(ctx));
}

#endif
