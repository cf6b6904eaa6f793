/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs that user/lib/points.c puts at places. POINTS(see): each is `see(ctx, entry)`; entry: of a function of a
 * program, which has no frame yet. POINTS_NUMBERED(see): `see(ctx, number)`, the number of the place. POINTS_BOTH: both.
 */
#ifndef POINTS_BPF_H
#define POINTS_BPF_H

/* Where a link has many places it tells which one; else user space loads a copy of the program, with the number in it. */
static __always_inline __u64 point_number(void)
{
	__u64 number;

	asm("%0 = 0x636f72656c616365 ll" : "=r"(number));
	return number;
}

#define ___POINT(section, name, call)					\
SEC(section)								\
int name(struct pt_regs *ctx)						\
{									\
	return call;							\
}

#define ___POINTS(with, see)						\
___POINT("?kprobe", kernel_function, with(see, ctx, false, point_number())) \
___POINT("?kprobe.multi", kernel_functions, with(see, ctx, false, bpf_get_attach_cookie(ctx))) \
___POINT("?tp", tracepoint, with(see, ctx, false, point_number()))	\
___POINT("?raw_tp", raw_tracepoint, with(see, ctx, false, point_number())) \
___POINT("?perf_event", perf_event, with(see, ctx, false, point_number())) \
___POINT("?uprobe", user_function, with(see, ctx, true, point_number())) \
___POINT("?uprobe", user_functions, with(see, ctx, true, bpf_get_attach_cookie(ctx))) \
___POINT("?uprobe", user_place, with(see, ctx, false, point_number()))	\
___POINT("?uprobe", user_places, with(see, ctx, false, bpf_get_attach_cookie(ctx)))

#define ___WITH_ENTRY(see, ctx, entry, number)	see(ctx, entry)
#define ___WITH_NUMBER(see, ctx, entry, number)	see(ctx, number)
#define ___WITH_BOTH(see, ctx, entry, number)	see(ctx, entry, number)

#define POINTS(see)		___POINTS(___WITH_ENTRY, see)
#define POINTS_NUMBERED(see)	___POINTS(___WITH_NUMBER, see)
#define POINTS_BOTH(see)	___POINTS(___WITH_BOTH, see)

/*
 * For points_setup_calls() and points_call(): calls as they begin, `enter(ctx, number, sp)`, and as they return,
 * `leave(ctx, number)`. sp: of the stack that they are on, 0 of system calls.
 */
#define ___CALLS(name, section, sp, number, enter, leave)		\
___POINT("?" section, name##_enter, enter(ctx, number, sp))		\
___POINT("?" section, name##_leave, leave(ctx, number))

#define CALLS_NUMBERED(enter, leave)					\
___CALLS(kernel, "kprobe", REGS_SP(ctx), point_number(), enter, leave)	\
___CALLS(kernel_many, "kprobe.multi", REGS_SP(ctx), bpf_get_attach_cookie(ctx), enter, leave) \
___CALLS(user, "uprobe", REGS_SP(ctx), point_number(), enter, leave)	\
___CALLS(user_many, "uprobe", REGS_SP(ctx), bpf_get_attach_cookie(ctx), enter, leave)

/* ... of system calls too, by their tracepoints. */
#define CALLS_AND_SYSCALLS_NUMBERED(enter, leave)			\
CALLS_NUMBERED(enter, leave)						\
___CALLS(tracepoint, "tp", 0, point_number(), enter, leave)

#endif
