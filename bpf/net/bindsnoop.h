/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

/* Options of the socket that matter to bind(2). */
enum { BIND_FREEBIND = 1, BIND_TRANSPARENT = 2, BIND_NO_PORT = 4, BIND_REUSEADDR = 8, BIND_REUSEPORT = 16 };

struct bindsnoop_event {
	struct origin origin;
	struct flow flow;	/* what was asked for; of a call that worked, what it got */
	__s32 error;		/* -errno */
	__u32 options;
	__u32 protocol;
	__u32 device;		/* that it is bound to; 0: none */
};
