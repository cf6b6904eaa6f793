/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct writeback_event {
	struct origin origin;
	__s64 asked;		/* pages to be written; LONG_MAX: all */
	__s64 pages;		/* that were written */
	__u64 duration;		/* ns */
	__u32 reason;		/* enum wb_reason of this kernel */
	__u32 dev;		/* of the file system that it was for, major << 20 | minor; 0: all */
	char device[64];	/* the backing device's name */
};
