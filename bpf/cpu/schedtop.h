/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

/* What a task does, and what else is counted of it. */
enum { SCHED_ON, SCHED_WAIT, SCHED_SLEEP, SCHED_BLOCK, SCHED_STATES,
       SCHED_MOVES = SCHED_STATES, SCHED_VOLUNTARY, SCHED_INVOLUNTARY, SCHED_COUNTERS };

/*
 * A reader that sees `ended` first and `begun` last, and finds them equal, has all from between two changes.
 * The times are those up to `since`; `at_reading` is what they were at the time of the last reading.
 */
struct schedtop_task {
	__u64 ended;
	__u64 sum[SCHED_COUNTERS];	/* of the states: ns */
	__u64 at_reading[SCHED_COUNTERS];
	__u64 reading;
	__u64 since, born;
	__u32 state, pid;
	char comm[COMM_LEN];
	__u64 begun;
};
