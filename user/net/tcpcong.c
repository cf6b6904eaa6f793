// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/tcpcong.h"
#include "net/tcpcong.skel.h"

#define ROW struct tcpcong_row

ROW {
	struct tcpcong_key key;
	struct tcpcong_value value;
};

static void show_state(struct out *out, const struct column *c, const void *row)
{
	static const char *const names[CONG_STATES] = { "open", "disorder", "cwr", "recovery", "loss" };
	__u32 state = ((const struct tcpcong_state *)row)->state;

	if (state < CONG_STATES)
		out_str(out, names[state]);
	else
		out_u64(out, state);
}

static const struct opt opts[] = {
	OPT(0, "dist", NULL, tcpcong, dist, "a histogram of the times for each state, of all connections", KEYED("state"),
	    .hides = "lport raddr rport open disorder cwr recovery loss"),
	OPT_UNIT('m', "milliseconds", tcpcong, unit, MSEC, "histograms in milliseconds; microseconds otherwise"),
	OPT_FLOW(tcpcong),
	{}
};

static const struct column columns[] = {
	COL_OWN("state", show_state, -8, "state that the time was spent in; of histograms", HIDDEN),
	COL("pid", ROW, value.pid, 7, "process that connected or accepted", HIDDEN, BLANK),
	COL("comm", ROW, value.comm, -10, "its command name, then", HIDDEN, BLANK),
	COL_FLOW_AS(ROW, key.flow, true, false, .needs = 0),
	COL_NSEC("open", "ms", ROW, value.time[0], 9, "time in which nothing was wrong"),
	COL_NSEC("disorder", "ms", ROW, value.time[1], 12, "segments were acknowledged out of order"),
	COL_NSEC("cwr", "ms", ROW, value.time[2], 8, "it sent less since it was told of congestion (ECN) or by its own queue"),
	COL_NSEC("recovery", "ms", ROW, value.time[3], 12, "what was lost was sent again, as acknowledgements told"),
	COL_NSEC("loss", "ms", ROW, value.time[4], 9, "nothing was acknowledged in time, so all is sent again"),
	COL("changes", ROW, value.changes, 7, "changes from one state to another", HIDDEN),
	{}
};

static const struct table hists = HISTS("hists", struct tcpcong_state, "usecs", DIVIDE(tcpcong, unit), .keyed = true);

static int setup(struct run *run)
{
	const struct tcpcong_bpf__rodata *rodata = run->rodata;

	if (rodata->dist)
		run->table = &hists;
	return sock_owners(run);
}

static const struct example examples[] = {
	{ "", "connections that met congestion, until Ctrl-C, and how long each was in which state" },
	{ "-i 10 -L 443 -o +pid,comm,changes", "a web server's, every ten seconds" },
	{ "--dist -m -d 60", "how long the states last, of a minute" },
	{}
};

TOOL(tcpcong,
	.summary  = "how long TCP connections are in each state of congestion control",
	.about    = "For each TCP connection that changed its state of congestion control: the time that it spent "
		    "in each. Time counts when a state is left, or the connection closed.",
	.cost     = "A tracepoint at each time that the kernel sets the state, before 5.19 at each TCP segment that "
		    "comes in; and what tcpstates costs, without the records.",
	.caveats  = "Of connections that were there before the tool, the time before their first change isn't "
		    "known. Before 5.19 a change is seen when the next segment comes in, so that the time until a "
		    "timer ran out counts as the state that it led to.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = sock_owners_meet, .hists = &hists,
	.table    = ROWS("flows", ROW, "loss", .adds = offsetof(struct tcpcong_value, pid)),
	.twice    = "inet_sock_set_state again");
