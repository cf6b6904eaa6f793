// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The smallest complete tool: copy it to begin with. */
#include "lib/tool.h"
#include "proc/hello.h"
#include "proc/hello.skel.h"

static const struct column columns[] = {
	COL_ORIGIN(struct hello_event),
	COL_AS(L_FD, "child", struct hello_event, child, 7, "id of the new process or thread"),
	COL_AS(L_ERRNO, "error", struct hello_event, child, -8, "why it failed"),
	{}
};

static const struct example examples[] = {
	{ "", "a line for each new process or thread, and who made it" },
	{ "-n bash", "what shells start" },
	{}
};

TOOL(hello,
	.summary  = "say hello to each new process and thread",
	.about    = "One line for each clone(2), clone3(2), fork(2) or vfork(2) that returned to its caller.",
	.cost     = "One raw tracepoint at the return of each system call; a record of 64 bytes for each new thread.",
	.examples = examples, .columns = columns);
