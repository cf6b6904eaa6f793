// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/tcplife.h"
#include "net/tcplife.skel.h"

#define EVENT struct tcplife_event

static void show_state(struct out *out, const struct column *c, const void *row)
{
	sock_state(out, ((const EVENT *)row)->state);
}

static const struct opt opts[] = {
	OPT_FLOW(tcplife),
	OPT('a', "all", NULL, tcplife, unseen_too, "connections too that were there before the tool: without their life"),
	{}
};

static const struct column columns[] = {
	COL_OWNER(EVENT),
	COL_FLOW(EVENT, flow),
	COL_AS(L_SIZE, "tx", EVENT, tx, 5, "bytes sent and acknowledged"),
	COL_AS(L_SIZE, "rx", EVENT, rx, 5, "bytes received"),
	COL_NSEC("life", "ms", EVENT, life, 8, "how long it lasted", BLANK),
	COL_OWN("state", show_state, -11, "state that it ended in", HIDDEN),
	COL_NSEC("srtt", "ms", EVENT, srtt, 8, "smoothed round-trip time at the end", HIDDEN, BLANK),
	COL("retransmits", EVENT, retransmits, 11, "segments sent again", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "every TCP connection as it ends" },
	{ "-L 80,443 -o +time,state", "those to a web server here, with time and last state" },
	{ "-n curl --raddr 10.0.0.0/8", "those that curl made to a private network" },
	{ "-j -d 60", "a minute of connections as JSON lines" },
	{}
};

static int setup(struct run *run)
{
	return ((struct tcplife_bpf__rodata *)run->rodata)->unseen_too ? sock_owners(run) : 0;
}

TOOL(tcplife,
	.summary  = "TCP connections: who, with whom, how much and how long",
	.about    = "One line for each TCP connection that ended. Its owner is the process that connected or accepted; "
		    "until a connection is accepted, the one that listens. The life of a connection begins with the "
		    "first packet on the side that connects, and with the last of the handshake on the other; it ends "
		    "when the kernel is done with it, TIME_WAIT not included. An attempt to connect that failed is "
		    "shown as well, its state SYN_SENT. Bytes are those of the data alone, each counted once.",
	.cost     = "One tracepoint, twice, at each change of state and a probe at accept; where functions can't be probed, a raw "
		    "tracepoint at the return of each system call in its place. See docs/performance.md for figures.",
	.caveats  = "Without --all, connections that were there before the tool are not shown. Of several processes "
		    "that have such a one, the first is its owner. Connections accepted through io_uring where functions "
		    "can't be probed belong to the process that listens. Of a TCP Fast Open connection that is accepted "
		    "before its handshake is done, the owner is the process that listens, too.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = sock_owners_meet, .state = "owners",
	.twice    = "inet_sock_set_state again");
