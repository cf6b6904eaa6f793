/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct cpudist_key {
	__u32 id;		/* process or thread */
	char comm[COMM_LEN];	/* its name */
};
