/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct cpuwalk_value {
	__u64 count;		/* samples with a task */
};
