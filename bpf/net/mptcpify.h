/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct mptcpify_event {
	struct origin origin;
	__u32 family;		/* AF_INET or AF_INET6 */
	__u32 pad;
};
