/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options of the tools that measure how long tasks are blocked: bpf/lib/offcpu.bpf.h. */
#ifndef OFFCPU_USER_H
#define OFFCPU_USER_H

#include "lib/tool.h"

#define OPT_OFFCPU(skel)								\
	OPT_TIME('m', "min-block-time", "TIME", skel, min_block, USEC, "blocked for at least this long (1us); microseconds unless told"), \
	OPT_TIME('M', "max-block-time", "TIME", skel, max_block, USEC, "blocked for at most this long"), \
	OPT(0, "user-threads-only", NULL, skel, only_user_threads, "no threads of the kernel"), \
	OPT(0, "kernel-threads-only", NULL, skel, only_kernel_threads, "only threads of the kernel"), \
	OPT(0, "state", "MASK", skel, states, "blocked in one of these task states: 1 interruptible, 2 not, 3 either")

int offcpu_check(bool only_user_threads, bool only_kernel_threads, __u64 min, __u64 max);

#endif
