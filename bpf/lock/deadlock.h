/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

/* A lock by its address, and how often there was another one made at it or ended before. */
struct deadlock_lock {
	__u64 address;
	__u32 made;
	__u32 pid;
};

/* A thread had `held` when it asked for `wanted`. */
struct deadlock_edge {
	struct deadlock_lock held, wanted;
	__u32 held_read, wanted_read;
};

struct deadlock_seen {
	__u64 held_stack, wanted_stack;
	__u32 tid;		/* the first that did so */
	__u32 others;		/* another thread did, too */
	char comm[COMM_LEN];
};
