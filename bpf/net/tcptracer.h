/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

enum { TCPTRACER_CONNECT, TCPTRACER_ACCEPT, TCPTRACER_CLOSE };

struct tcptracer_event {
	struct origin origin;	/* the owner, pid 0 where it isn't known */
	struct flow flow;
	__u32 what;
	__u32 pad;
};
