/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum { BY_NONE, BY_PROCESS, BY_THREAD, BY_PIDNS };

struct runqlat_key {
	__u32 id;		/* process, thread, or inode of the pid namespace */
	char comm[COMM_LEN];	/* of the process or thread */
};
