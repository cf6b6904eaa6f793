/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A place in a program for code that user space makes of a user's expression: user/lib/points.c loads a copy of the program
 * in which the constant is a jump to that code, which comes back. Without any it is worth 1.
 */
#ifndef GENERATED_BPF_H
#define GENERATED_BPF_H

#define GENERATED_ROOM 36	/* words; CODE_ROOM in user/lib/expr.h */
#define GENERATED_IF	0	/* true: it is wanted */
#define GENERATED_VALUE 1

/* `to`: memory that the code writes to; `since`: when the call began. */
#define generated(which, ctx, room, to, since) ({			\
	__u64 __value;							\
	asm volatile("r1 = %[at]\n\tr2 = %[room_]\n\tr3 = %[to_]\n\tr4 = %[since_]\n\t"	\
		     "r0 = %[magic] ll\n\t%[value] = r0"		\
		     : [value] "=r"(__value)				\
		     : [at] "r"(ctx), [room_] "r"(room), [to_] "r"(to), [since_] "r"(since), \
		       [magic] "i"(0x67656e6572617465ULL + which)	\
		     : "r0", "r1", "r2", "r3", "r4", "r5", "memory");	\
	__value;							\
})

#endif
