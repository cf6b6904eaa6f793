/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct solisten_event {
	struct origin origin;
	struct flow flow;
	__s32 error;		/* -errno */
	__u32 backlog;		/* that is in force; of a call that failed, that was asked for */
	__u32 protocol;
	__u32 pad;
};
