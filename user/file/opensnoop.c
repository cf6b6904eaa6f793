// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "file/opensnoop.h"
#include "file/opensnoop.skel.h"

static const struct opt opts[] = {
	OPT('x', "failed", NULL, opensnoop, failed_only, "only calls that failed"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(struct opensnoop_event),
	COL_AS(L_FD, "fd", struct opensnoop_event, ret, 4, "descriptor returned"),
	COL_AS(L_ERRNO, "error", struct opensnoop_event, ret, -8, "why it failed"),
	COL_AS(L_HEX, "flags", struct opensnoop_event, flags, -20, "flags of open(2)", HIDDEN),
	COL("path", struct opensnoop_event, path, 0, "path as the caller gave it"),
	{}
};

static const struct example examples[] = {
	{ "-p 181", "files that process 181 opens" },
	{ "-x -d 10", "failed opens during ten seconds" },
	{}
};

TOOL(opensnoop,
	.summary  = "trace files as they are opened",
	.about    = "One line for each open(2), openat(2), openat2(2) or creat(2) call that returned.",
	.cost     = "One raw tracepoint at the return of each system call.",
	.examples = examples,
	.opts     = opts,
	.columns  = columns);
