// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <netinet/in.h>
#include "lib/sock_user.h"
#include "net/solisten.h"
#include "net/solisten.skel.h"

#define EVENT struct solisten_event

static void show_protocol(struct out *out, const struct column *c, const void *row)
{
	sock_protocol(out, ((const EVENT *)row)->protocol);
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, solisten, failed_only, "only calls that failed"),
	OPT_FLOW(solisten),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("protocol", show_protocol, -8, "TCP, MPTCP, or its number"),
	COL_OWN("laddr", sock_show_laddr, -15, "local address", .offset = offsetof(EVENT, flow)),
	COL("lport", EVENT, flow.lport, 5, "local port"),
	COL("backlog", EVENT, backlog, 7, "connections that may wait to be accepted, as the kernel limits it"),
	COL_AS(L_ERRNO, "error", EVENT, error, -11, "why it failed"),
	COL_OWN("family", sock_show_family, 6, "4 or 6", HIDDEN, .bare_json = true, .offset = offsetof(EVENT, flow)),
	COL("netns", EVENT, flow.netns, 10, "network namespace", HIDDEN, WANTS(want_netns)),
	{}
};

static const struct example examples[] = {
	{ "", "every socket that begins to listen" },
	{ "-o +netns --netns 1234", "in the network namespace of a process" },
	{ "-x", "only calls that failed" },
	{}
};

TOOL(solisten,
	.summary  = "trace sockets that begin to listen",
	.about    = "One line for each listen(2) on a socket of IPv4 or IPv6, also those that only change the backlog and those "
		    "that fail.",
	.cost     = "A probe at the kernel's listen; where functions can't be probed, a raw tracepoint at the return of each "
		    "system call in its place.",
	.caveats  = "Where functions can't be probed, listen(2) through io_uring is not seen; where they can, MPTCP isn't.",
	.examples = examples, .opts = opts, .columns = columns);
