// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/tcptracer.h"
#include "net/tcptracer.skel.h"

#define EVENT struct tcptracer_event

static void show_what(struct out *out, const struct column *c, const void *row)
{
	static const char *const words[] = { "connect", "accept", "close" };

	out_str(out, words[((const EVENT *)row)->what % 3]);
}

static const struct opt opts[] = {
	OPT_FLOW(tcptracer),
	{}
};

static const struct column columns[] = {
	COL_OWN("event", show_what, -7, "connect, accept or close"),
	COL_OWNER(EVENT),
	COL_FLOW(EVENT, flow),
	{}
};

static const struct example examples[] = {
	{ "", "TCP connections as they are made, accepted and closed" },
	{ "-o +netns --netns 1234", "those in the network namespace of a process" },
	{ "-n 'nginx*' -L 443 -T", "nginx's own, with the time" },
	{}
};

TOOL(tcptracer,
	.summary  = "trace TCP connections as they are made, accepted and closed",
	.about    = "A line each when a connection that a process here asked for is made, when one is accepted, and when one is "
		    "closed: when the first of the two is done with it here (close(2), or shutdown(2) for writing), or it is "
		    "reset. Its owner is the process that connected or accepted.",
	.cost     = "One tracepoint, twice, at each change of state and a probe at accept; where functions can't be probed, a raw "
		    "tracepoint at the return of each system call in its place. See docs/performance.md for figures.",
	.caveats  = "Of several processes that had a socket before the tool started, the first is its owner. Where functions "
		    "can't be probed, connections that are accepted through io_uring are shown as they are closed only.",
	.examples = examples, .opts = opts, .columns = columns, .setup = sock_owners, .attach = sock_owners_meet,
	.state    = "owners", .twice = "inet_sock_set_state again");
