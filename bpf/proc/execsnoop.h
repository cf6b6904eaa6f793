/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define EXECSNOOP_ARGS (32 << 10)	/* bytes of arguments that are shown at most */
#define EXECSNOOP_NAMES (PATH_LEN + 256)	/* of a full path, see lib/path.bpf.h */

enum { ONLY_PPIDS = 1 << 16 };

/* data: the arguments, each with its NUL, then path, then the names of cwd and exe. */
struct execsnoop_event {
	struct origin origin;
	__s32 ret;			/* 0 or -errno */
	__u32 ppid;
	char pcomm[COMM_LEN];
	__u32 args_len;
	__u32 path_len;			/* with its NUL; 0 unless shown */
	__u32 cwd_len, cwd_cut;
	__u32 exe_len, exe_cut;
	__u32 cut;			/* there were more arguments */
	__u32 used;			/* of data */
	char data[2 * EXECSNOOP_ARGS + PATH_LEN + 2 * EXECSNOOP_NAMES];
};
