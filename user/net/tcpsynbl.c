// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/tcpsynbl.h"
#include "net/tcpsynbl.skel.h"

#define KEY struct tcpsynbl_key

static const struct opt opts[] = {
	OPT(0, "byport", NULL, tcpsynbl, by_port, "a histogram for each port as well", KEYED("lport")),
	OPT_FLOW_LOCAL(tcpsynbl),
	{}
};

static const struct column columns[] = {
	COL("limit", KEY, limit, 6, "connections that the queue may hold"),
	COL("lport", KEY, port, 5, "the listener's port", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "how full the queues of all listeners are, as connections come in" },
	{ "--byport -L 80,443 10", "those of two ports, every ten seconds" },
	{}
};

TOOL(tcpsynbl,
	.summary  = "how many TCP connections wait to be accepted, as a histogram",
	.about    = "Each time that a handshake is done, how many connections waited in the listener's queue already, by "
		    "the queue's limit, as listen(2) set it. Where they come near to it, the next ones are refused or ignored: "
		    "the program accepts too slowly, or its limit is too low.",
	.cost     = "One tracepoint, twice, at each change of a connection's state; at those that come in one look-up.",
	.caveats  = "What overflows isn't counted: the kernel makes no connection of it. Filters on processes don't apply: a "
		    "handshake ends in an interrupt.",
	.examples = examples, .opts = opts, .columns = columns, .twice = "inet_sock_set_state again",
	.table    = HISTS("hists", KEY, "connections", .keyed = true));
