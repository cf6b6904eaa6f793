// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "sec/setuids.h"
#include "sec/setuids.skel.h"

#define EVENT struct setuids_event

/* "0,-1,1000", as the call has them. */
static void show_ids(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	for (__u32 i = 0; i < e->n && i < 3; i++) {
		if (i)
			out_str(out, ",");
		out_s64(out, (__s32)e->ids[i] == -1 ? -1 : (__s64)e->ids[i]);
	}
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, setuids, failed_only, "only calls that failed"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_SYSCALL, "call", EVENT, call, -11, "system call; /32 where it is one of a 32-bit program"),
	COL_OWN("ids", show_ids, -16, "what it asks for: -1 leaves an id as it is"),
	COL("ruid", EVENT, ruid, 6, "real user id, after the call"),
	COL("euid", EVENT, euid, 6, "effective user id, after it"),
	COL("suid", EVENT, suid, 6, "saved user id, after it", HIDDEN),
	COL("fsuid", EVENT, fsuid, 6, "user id for file systems, after it", HIDDEN),
	COL_AS(L_ERRNO, "error", EVENT, error, -6, "why it failed"),
	{}
};

static const struct example examples[] = {
	{ "", "every call that changes a process's user" },
	{ "-x", "those that were refused" },
	{ "-n 'sudo*' -T -o +suid,fsuid", "of sudo, with the time and all four ids" },
	{}
};

TOOL(setuids,
	.summary  = "trace processes that change their user",
	.about    = "One line for each setuid(2), setreuid(2), setresuid(2) and setfsuid(2), with the ids that it asked for and those "
		    "that the process has after it.",
	.cost     = "One raw tracepoint at the return of each system call.",
	.caveats  = "Ids are those of the first user namespace; the call's own, those of the process's. A filter on users looks at "
		    "the user after the call. setfsuid(2) doesn't say whether it failed. Programs with a setuid bit "
		    "change their user without a call: see execsnoop.",
	.examples = examples, .opts = opts, .columns = columns);
