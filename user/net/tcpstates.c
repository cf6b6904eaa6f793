// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/tcpstates.h"
#include "net/tcpstates.skel.h"

#define EVENT struct tcpstates_event

static void show_from(struct out *out, const struct column *c, const void *row)
{
	sock_state(out, ((const EVENT *)row)->from);
}

static void show_to(struct out *out, const struct column *c, const void *row)
{
	sock_state(out, ((const EVENT *)row)->to);
}

static const struct opt opts[] = {
	OPT_FLOW(tcpstates),
	{}
};

static const struct column columns[] = {
	COL_AS(L_HEX, "socket", EVENT, socket, -18, "the socket's address in the kernel: the same for one connection", HIDDEN),
	COL_OWNER(EVENT),
	COL_FLOW_AS(EVENT, flow, true, false, .needs = 0),
	COL_OWN("from", show_from, -11, "state that it leaves"),
	COL_OWN("to", show_to, -11, "state that it enters"),
	COL_NSEC("was", "ms", EVENT, in_state, 8, "how long it was in the state that it leaves", BLANK),
	{}
};

static const struct example examples[] = {
	{ "", "every change of state of a TCP connection" },
	{ "-L 80 -T", "of those to a web server here, with the time" },
	{ "-P 5432 -n postgres -o +socket", "of a database's, with what tells them apart" },
	{}
};

TOOL(tcpstates,
	.summary  = "trace how TCP connections change state, and how long each one lasts",
	.about    = "One line for each change of state of a TCP socket. Its owner is the process that connected or accepted; "
		    "until a connection is accepted, the one that listens.",
	.cost     = "One tracepoint, twice, at each change of state and a probe at accept; where functions can't be probed, a raw "
		    "tracepoint at the return of each system call in its place. See docs/performance.md for figures.",
	.caveats  = "Connections whose handshake isn't done yet are no sockets to the kernel: on the side that listens one "
		    "begins with the handshake's last packet. TIME_WAIT is entered by a successor of the socket, which isn't shown: "
		    "the socket itself goes from FIN_WAIT2 to CLOSE. Of several processes that had a socket before the tool started, the "
		    "first is its owner.",
	.examples = examples, .opts = opts, .columns = columns, .setup = sock_owners, .attach = sock_owners_meet,
	.state    = "owners", .twice = "inet_sock_set_state again");
