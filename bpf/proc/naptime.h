/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct naptime_event {
	struct origin origin;
	__s64 sec, nsec;	/* as the caller gave them */
	__u64 ns;		/* how long; worked out in user space */
	__u32 clock;
	__u32 absolute;		/* until, not for */
	__u32 ppid;
	__u32 pad;
	char pcomm[COMM_LEN];
};
