/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

/* Sums over the samples. */
struct cpuunclaimed_value {
	__u64 samples;
	__u64 cpus;		/* that were online */
	__u64 idle;		/* ... and had nothing to run */
	__u64 waiting;		/* tasks that waited on other CPUs */
	__u64 unclaimed;	/* idle CPUs that could have run one of them */
};
