/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

/* Rows of the machine as a whole, from /proc/pressure. */
enum { PSI_SOME = 0, PSI_FULL = 0xffffffff };

struct psi_row {
	__u32 id;		/* process or thread */
	__u32 pad;
	struct psi_value {
		__u64 cpu, io, memory;	/* ns */
		char comm[COMM_LEN];
	} value;
	__u64 rank;		/* to sort by */
};
