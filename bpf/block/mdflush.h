/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct mdflush_event {
	struct origin origin;
	__u32 disk;		/* major << 20 | minor */
	__u32 bytes;		/* that are to be written after the flush; 0: none */
};
