/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A stack on its way to user space: each different one is sent once, and known by its id from then on. */
#ifndef STACK_H
#define STACK_H

#include "lib/shared.h"

#define STACK_FRAMES 127	/* that a stack can have: kernel.perf_event_max_stack, unless that is less */
#define STACK_MARK 0xffffffff	/* in origin.cpu, which tells such a record from a tool's own events */

enum stack_kind {
	STACK_OF_KERNEL,
	STACK_OF_USER,
	STACK_AT_ENTRY,		/* the second frame was read at a function's first instruction: the kernel may have it as well */
};

struct stack_event {
	struct origin origin;
	__u64 id;		/* made from all that follows */
	__u64 image;		/* of a user stack: where the process's stack begins, another place after each exec; else 0 */
	__u32 user;		/* enum stack_kind */
	__u32 frames;
	__u64 ip[STACK_FRAMES];	/* from the innermost; the record ends with the last */
};

#endif
