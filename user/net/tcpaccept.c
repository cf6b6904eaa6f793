// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/tcpaccept.h"
#include "net/tcpaccept.skel.h"

#define EVENT struct tcpaccept_event

static const struct opt opts[] = {
	OPT_FLOW(tcpaccept),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_FLOW(EVENT, flow),
	COL("queue", EVENT, queue, 5, "connections that still wait to be accepted there", HIDDEN),
	COL("limit", EVENT, limit, 5, "how many may", HIDDEN, BLANK),
	{}
};

static const struct example examples[] = {
	{ "", "every TCP connection that is accepted" },
	{ "-L 80,443 -o +queue,limit", "a web server's, with its queue" },
	{ "--raddr 10.0.0.0/8 -n sshd", "what sshd accepts from a private network" },
	{}
};

TOOL(tcpaccept,
	.summary  = "trace TCP connections as they are accepted",
	.about    = "One line for each TCP connection that a process accepted: who, at which address and port, from whom.",
	.cost     = "A probe at the kernel's accept; where functions can't be probed, a raw tracepoint at the return of each "
		    "system call in its place. See docs/performance.md for figures.",
	.caveats  = "Where functions can't be probed, connections that are accepted through io_uring are not seen.",
	.examples = examples, .opts = opts, .columns = columns);
