// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/traffic_user.h"
#include "net/tcptop.skel.h"

static const struct opt opts[] = {
	OPT_FLOW(tcptop),
	{}
};

static const struct column columns[] = {
	COL_TRAFFIC,
	{}
};

static const struct example examples[] = {
	{ "", "who talks with whom over TCP, on the screen, every second" },
	{ "-r 10 --sort tx 5", "the ten that send most, every five seconds" },
	{ "-4 --raddr 10.0.0.0/8 -i 60 -j", "with a private network, every minute, as JSON" },
	{}
};

TOOL(tcptop,
	.summary  = "who talks with whom over TCP, and how much",
	.about    = "Each interval, for every process and connection: the bytes that the process wrote to it and read "
		    "from it, exactly, by whichever system call. On a terminal it works as top does: q quits, p pauses, s "
		    "sorts by the next column, r turns the order, the space bar shows the next interval at once.",
	.cost     = "A tracepoint at each call that writes to a socket or reads from one, which adds to a counter of that "
		    "process and connection; before 6.3 probes of the kernel's functions for it.",
	.caveats  = "What splice(2) takes out of a socket, and what is read from memory that tcp(7) maps, isn't counted. Bytes "
		    "that were written may still wait to be sent.",
	.examples = examples, .opts = opts, .columns = columns, TRAFFIC);
