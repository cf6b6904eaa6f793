// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/traffic_user.h"
#include "net/udptop.skel.h"

static const struct opt opts[] = {
	OPT_FLOW(udptop),
	{}
};

static const struct column columns[] = {
	COL_TRAFFIC,
	{}
};

static const struct example examples[] = {
	{ "", "who talks over UDP, on the screen, every second" },
	{ "-L 53 -o +sends,receives", "a name server's, with the number of datagrams" },
	{ "-6 -i 60 -j", "over IPv6, every minute, as JSON" },
	{}
};

TOOL(udptop,
	.summary  = "who talks over UDP, and how much",
	.about    = "Each interval, for every process and socket: the bytes that the process sent and received over UDP, "
		    "exactly, by whichever system call, without headers. The remote end is the one that the socket is connected "
		    "to; of one that isn't it is 0.0.0.0 or ::, port 0, and stands for all. On a terminal it works as top does: "
		    "q quits, p pauses, s sorts by the next column, r turns the order, the space bar shows the next interval at once.",
	.cost     = "A tracepoint at each call that writes to a socket or reads from one, which adds to a counter of that "
		    "process and socket; before 6.3 probes of the kernel's functions for it.",
	.caveats  = "Datagrams without a byte are not counted, and of one that was cut only what was read. With UDP_GRO and "
		    "UDP_SEGMENT a call is several datagrams. What the kernel drops is not read.",
	.examples = examples, .opts = opts, .columns = columns, TRAFFIC);
