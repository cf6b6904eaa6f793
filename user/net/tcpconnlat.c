// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/tcpconnlat.h"
#include "net/tcpconnlat.skel.h"

#define EVENT struct tcpconnlat_event

static const struct opt opts[] = {
	OPT_FLOW(tcpconnlat),
	OPT_TIME('m', "min", "TIME", tcpconnlat, min_ns, MSEC, "only those that took at least so long: 10, 500us (ms)"),
	OPT('a', "all", NULL, tcpconnlat, failed_too, "attempts that failed as well"),
	OPT('x', "failed", NULL, tcpconnlat, failed_only, "only attempts that failed", .shows = "error"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_FLOW_AS(EVENT, flow, false, true, BLANK),
	COL_NSEC("latency", "ms", EVENT, latency, 9, "from the first packet to the answer"),
	COL_AS(L_ERRNO, "error", EVENT, error, -12, "why it failed; ECANCELED: the process gave up", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "how long each connection took to be made" },
	{ "-m 100", "those that took 100 ms or more" },
	{ "-a -o +error -D 443", "also those that failed, and why, to port 443" },
	{}
};

TOOL(tcpconnlat,
	.summary  = "trace how long TCP connections take to be made",
	.about    = "The time from a process's connect(2), as the first packet goes out, to the packet that answers it: the "
		    "network's time there and back, and the other kernel's, but not the other program's. With --all "
		    "or --failed also attempts that came to nothing: their time is the one that they took to fail.",
	.cost     = "One tracepoint, twice, at each change of a connection's state; one entry in a map for each attempt. "
		    "See docs/performance.md for figures.",
	.examples = examples, .opts = opts, .columns = columns, .state = "attempts",
	.twice    = "inet_sock_set_state again");
