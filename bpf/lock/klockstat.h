/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum { KLOCKSTAT_WAIT, KLOCKSTAT_HOLD };

struct klockstat_key {
	__u64 kernel;		/* the stack that the lock was taken in */
	__u64 lock;		/* 0 unless locks are told apart */
	__u32 what;
	__u32 tid;		/* 0, and no name, unless threads are told apart */
	char comm[COMM_LEN];
};

struct klockstat_value {
	__u64 total, count;
	struct peak max;
};
