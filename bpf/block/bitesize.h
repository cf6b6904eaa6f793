/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct bitesize_key {
	char comm[COMM_LEN];	/* empty unless asked for, as all the others 0 are */
	__u32 pid;
	__u32 disk;		/* major << 20 | minor */
	__u32 op;
};
