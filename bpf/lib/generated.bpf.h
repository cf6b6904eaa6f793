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
#define GENERATED_ENTRY 2	/* what is kept of a call: struct call's values */

#define CALL_DEPTH  16		/* for calls.bpf.h */
#define CALL_VALUES 6		/* EXPR_ENTRIES in user/lib/expr.h */

/* Once for an event, before the others. */
static __always_inline void generated_begin(__u64 *room, void *ctx)
{
	room[0] = (__u64)ctx;
	room[2] = current_ids();	/* as -p and the columns have them */
}

/* ... of a call that returns: how long it took, then its values. */
#define generated_call(room, call) ((room)[3] = (__u64)&(call)->since)

/*
 * `to`: memory that the code writes to. The code may use all registers, so the compiler keeps what it has in memory: it is
 * left one for the room, and for the value.
 */
#define generated(which, room, to) ({					\
	__u64 __value = (__u64)(room);					\
	(room)[1] = (__u64)(to);					\
	asm volatile("r1 = %[value]\n\tr0 = %[magic] ll\n\t%[value] = r0"	\
		     : [value] "+r"(__value)				\
		     : [magic] "i"(0x67656e6572617465ULL + which)	\
		     : "r0", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "memory"); \
	__value;							\
})

#endif
