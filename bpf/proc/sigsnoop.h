/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum { ONLY_SIGNALS = 1 << 16, ONLY_TARGETS = 1 << 17 };

/* What became of a signal: TRACE_SIGNAL_* of include/trace/events/signal.h, or it was only a call. */
enum { SIGSNOOP_OVERFLOW = 3, SIGSNOOP_CALL = 5 };

struct sigsnoop_event {
	struct origin origin;
	__u32 signal;
	__s32 code;
	__u32 result;
	__s32 error;		/* 0 or -errno */
	__s32 tpid;		/* of a call: its argument, negative for a group; 0: not known */
	__u32 ttid;
	__u32 group;		/* to the process, not to a thread of it */
	__u32 call;		/* number of the system call */
	char tcomm[COMM_LEN];
};
