/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcpconnect_event {
	struct origin origin;	/* who connects, and when he began to */
	struct flow flow;	/* local port 0: not known yet */
};
