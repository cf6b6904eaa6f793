/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define KSNOOP_ARGS   5
#define KSNOOP_CALLS  64	/* of those in one outermost call, the first */
#define KSNOOP_STRUCT 512	/* bytes of what an argument points at */

/* What is known of a place's function. */
struct ksnoop_shape {
	__u32 returns;			/* bytes of a signed number that it returns; POINTER; 0: it can't fail */
	__u32 sizes[KSNOOP_ARGS];	/* bytes of what each argument points at; 0: not wanted */
};

#define KSNOOP_POINTER 255

struct ksnoop_call {
	__u32 place, depth;
	__u64 took;			/* 0: it hasn't returned, as far as is known */
	__u64 returned;
	__u64 args[KSNOOP_ARGS];
};

struct ksnoop_calls {
	__u64 n;			/* those that there was no room for too */
	struct ksnoop_call calls[KSNOOP_CALLS];
};

struct ksnoop_event {
	struct origin origin;
	struct ksnoop_call call;	/* for user space: the one to be shown */
	struct ksnoop_calls all;
	char structs[KSNOOP_ARGS][KSNOOP_STRUCT];
};
