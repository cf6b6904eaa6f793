/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define QUERY_LEN 1024

struct dbslower_event {
	struct origin origin;
	__u64 took;
	__u32 length;		/* with its NUL; 0: it couldn't be read */
	__u32 pad;
	char query[QUERY_LEN];
};
