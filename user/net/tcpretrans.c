// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/tcpretrans.h"
#include "net/tcpretrans.skel.h"

#define EVENT struct tcpretrans_event

static void show_state(struct out *out, const struct column *c, const void *row)
{
	sock_state(out, ((const EVENT *)row)->state);
}

static void show_kind(struct out *out, const struct column *c, const void *row)
{
	static const char *const words[] = {
		[RETRANS_OTHER] = "other", [RETRANS_SYN] = "syn", [RETRANS_SYNACK] = "synack",
		[RETRANS_TIMEOUT] = "timeout", [RETRANS_FAST] = "fast", [RETRANS_PROBE] = "probe",
	};

	out_str(out, words[((const EVENT *)row)->kind % RETRANS_KINDS]);
}

static const struct opt opts[] = {
	OPT_FLOW(tcpretrans),
	{}
};

static const struct column columns[] = {
	COL_OWNER(EVENT),
	COL_FLOW_AS(EVENT, flow, true, false, .needs = 0),
	COL_OWN("kind", show_kind, -7, "syn, synack, timeout, fast (after duplicate acknowledgements), probe (tail loss), other"),
	COL_OWN("state", show_state, -12, "the connection's"),
	COL("bytes", EVENT, bytes, 6, "sequence numbers in the segment: its bytes, and one for SYN and FIN"),
	COL("sequence", EVENT, sequence, 10, "sequence number of its first byte", HIDDEN),
	COL_AS(L_ERRNO, "error", EVENT, error, -10, "why it could not be sent, where the kernel tells", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "every TCP segment that is sent again, and why" },
	{ "-T --raddr 10.0.0.0/8", "those to a private network, with the time" },
	{ "-P 443 -o +laddr,sequence", "with the local address, and which byte" },
	{}
};

TOOL(tcpretrans,
	.summary  = "trace TCP segments that are sent again, and why",
	.about    = "One line for each segment that the kernel sends again: because no answer came in time, because others "
		    "were acknowledged out of turn, as a probe for a loss at the end, or in a handshake. The owner is the process "
		    "that connected or accepted (of a handshake's answer: the one that listens), not the one that an interrupt hit.",
	.cost     = "A tracepoint at each retransmission. To know the owners, what tcpstates costs, without the records.",
	.caveats  = "A probe for a loss at the end that sends new data is no retransmission, and not shown. Of several processes "
		    "that had a socket before the tool started, the first is its owner.",
	.examples = examples, .opts = opts, .columns = columns, .setup = sock_owners, .attach = sock_owners_meet,
	.state    = "owners", .twice = "inet_sock_set_state again");
