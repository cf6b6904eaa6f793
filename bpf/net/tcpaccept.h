/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcpaccept_event {
	struct origin origin;	/* who accepted */
	struct flow flow;
	__u32 queue, limit;	/* of the listener: connections that still wait, and how many may; limit 0: not known */
};
