/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

/* From when on: since it was asked for a request's memory, since it was made, since the driver has it. */
enum biolatpcts_from { FROM_ALLOC, FROM_MADE, FROM_ISSUE };

struct biolatpcts_key {
	__u32 disk;		/* major << 20 | minor */
	__u32 op;
};
