/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"
#include "lib/exit.h"

#define PROCTREE_ARGS (32 << 10)	/* bytes of arguments that are shown at most */

enum { PROCTREE_FORK, PROCTREE_EXEC, PROCTREE_EXIT };

/* The process that it is about: of a fork the new one, and its maker is the origin. */
struct proctree_event {
	struct origin origin;
	__u64 start;			/* when the process was made: CLOCK_BOOTTIME, ns */
	__u32 kind;
	__u32 pid;
	__u32 ppid;
	__u32 args_len, cut;		/* of an exec */
	struct exit_status status;	/* of an exit */
	__u32 pad;
	char args[2 * PROCTREE_ARGS];	/* the second half is never used: the verifier wants to see that it is there */
};
