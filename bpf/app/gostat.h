/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct gostat_goroutine {
	__u64 pid, g;
};

struct gostat_hist {
	__u32 pid, pad;		/* 0 unless they are told apart */
};

struct gostat_value {
	__u64 created, ended, runs;
	__u64 wait, waited;		/* how long runnable goroutines waited, and how many did */
	__u64 stops, stopped;		/* the world, how often and how long */
	__u64 collections, collecting;
	char comm[COMM_LEN];
};
