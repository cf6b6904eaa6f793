/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcpsynbl_key {
	__u32 limit;		/* of the listener's queue */
	__u32 port;		/* its own; 0: not asked for */
};
