/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define ARGDIST_ROOM 64

/* Which of the probes, and what its values are: 8 bytes each, or text. */
struct argdist_key {
	__u64 probe;
	char values[ARGDIST_ROOM];
};

struct argdist_value {
	__u64 count, sum;	/* sum: 0 unless it was asked for */
};
