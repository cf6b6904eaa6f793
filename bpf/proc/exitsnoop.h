/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"
#include "lib/exit.h"

struct exitsnoop_event {
	struct origin origin;
	__u64 age;			/* ns */
	struct exit_status status;
	__u32 ppid;
	__u32 last;			/* with it the process ended */
};
