/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum memleak_kind { MEMLEAK_USER, MEMLEAK_MAPPED, MEMLEAK_SLAB, MEMLEAK_PAGES, MEMLEAK_PERCPU };

struct memleak_key {
	__u64 address;		/* of pages, their number */
	__u32 pid, kind;	/* pid: 0 for the kernel's; kind: MEMLEAK_USER for both of a program's */
};

/* A process has ended, and what it held with it. */
struct memleak_end {
	struct origin origin;
};

/* What has been asked for and not been given back. */
struct memleak_held {
	__u64 size;
	__u64 stack;
	__u64 time;		/* boot clock */
	__u32 pid, pad;
	char comm[COMM_LEN];
};
