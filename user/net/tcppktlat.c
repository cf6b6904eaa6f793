// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/tcppktlat.h"
#include "net/tcppktlat.skel.h"

#define EVENT struct tcppktlat_event

static const struct opt opts[] = {
	OPT_FLOW(tcppktlat),
	OPT_TIME('m', "min", "TIME", tcppktlat, min_ns, USEC, "only segments that lay for at least so long: 500, 10ms (us)"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_FLOW(EVENT, flow),
	COL("bytes", EVENT, bytes, 6, "that the segment brought"),
	COL_NSEC("latency", "ms", EVENT, latency, 9, "from its arrival to the read of its last byte"),
	{}
};

static const struct example examples[] = {
	{ "-m 10ms", "what lay in a socket for ten milliseconds and more, and who read it then" },
	{ "-L 443 -n nginx", "how soon nginx reads what comes in at port 443" },
	{ "-p 1234 -T --raddr 10.0.0.0/8", "what a process reads from a private network, with the time" },
	{}
};

TOOL(tcppktlat,
	.summary  = "trace how long TCP segments lie before programs read them",
	.about    = "One line for each segment with data (several that the kernel took together are one), as its last byte is read: "
		    "from when it came to its connection to the read(2) that took it. That is the time that the program took to be "
		    "woken and to come for it, or was busy with something else. Filters on processes are on the one that reads.",
	.cost     = "Two tracepoints and an entry in a map for each segment with data, one tracepoint for each without; "
		    "a record only for those that are shown.",
	.caveats  = "What comes out of turn can't be read yet, and is not shown: only the segment that fills the gap is. Nor is what "
		    "comes in the last step of a handshake, or after this end has closed its half. What comes while the program is "
		    "inside a call on this socket is counted from when that lets go of it. Behind 512 segments that wait in one "
		    "socket others are counted as lost.",
	.examples = examples, .opts = opts, .columns = columns, .state = "arrivals");
