/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct biolatency_key {
	__u32 disk;		/* device number, major << 20 | minor; 0 unless asked for */
	__u32 flags;		/* request.cmd_flags; 0 unless asked for */
};
