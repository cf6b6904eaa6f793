/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

/* An object of the kernel's that has not been freed. */
struct slabage_object {
	__u64 time;		/* boot clock */
	__u64 site;		/* what called the allocator */
	__u64 cache;		/* its address; 0: one of kmalloc()'s, or not known */
	__u32 size, from_kmalloc;
};

#define CACHE_NAME 32
