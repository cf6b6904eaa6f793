// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/tcpconnect.h"
#include "net/tcpconnect.skel.h"

#define EVENT struct tcpconnect_event

static const struct opt opts[] = {
	OPT_FLOW(tcpconnect),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_FLOW_AS(EVENT, flow, false, true, NEEDS(tcpconnect, want_lport), BLANK),
	{}
};

static const struct example examples[] = {
	{ "", "every attempt to connect, as it begins" },
	{ "-D 443 -u www-data", "of the web server's user, to port 443" },
	{ "--raddr 10.0.0.0/8,192.168.0.0/16 -T", "to private networks, with the time" },
	{ "-o +lport -- curl -s example.org", "those of one command, with the local port" },
	{}
};

TOOL(tcpconnect,
	.summary  = "trace TCP connections as they are asked for",
	.about    = "One line for each attempt to open a TCP connection, whatever becomes of it, as the process calls "
		    "connect(2). The kernel chooses the local port a little later: where it is shown or filtered on "
		    "(-o +lport, -L, -P, and in JSON, which has all columns), the line comes once the attempt has succeeded or "
		    "failed, still with the time at which it began; -o leaves the port out.",
	.cost     = "One tracepoint, twice, at each change of a connection's state; one record for each attempt. See "
		    "docs/performance.md for figures.",
	.caveats  = "Attempts that fail for want of a route or of a local address are not shown: they never begin.",
	.examples = examples, .opts = opts, .columns = columns, .state = "attempts",
	.twice    = "inet_sock_set_state again");
