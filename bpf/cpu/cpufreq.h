/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define CPUFREQ_STEP 200	/* MHz */

struct cpufreq_key {
	__u32 mhz;		/* a multiple of the step; not known: 0 */
	__u32 id;		/* process, if asked for */
	char comm[COMM_LEN];
};

struct cpufreq_value {
	__u64 count;		/* samples */
};
