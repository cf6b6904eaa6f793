// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/sock_user.h"
#include "net/tcprtt.h"
#include "net/tcprtt.skel.h"

static void show_addr(struct out *out, const struct column *c, const void *row)
{
	const struct tcprtt_key *key = row;

	sock_addr(out, key->family, key->addr);
}

static const struct opt opts[] = {
	OPT_UNIT('m', "milliseconds", tcprtt, unit, MSEC, "in milliseconds; microseconds otherwise"),
	OPT('B', "byraddr", NULL, tcprtt, by_raddr, "a histogram for each remote address", KEYED("raddr")),
	OPT(0, "byladdr", NULL, tcprtt, by_laddr, "a histogram for each local address", KEYED("laddr")),
	OPT_FLOW(tcprtt),
	{}
};

static const struct column columns[] = {
	COL_OWN("laddr", show_addr, -15, "local address", HIDDEN),
	COL_OWN("raddr", show_addr, -15, "remote address", HIDDEN),
	{}
};

static int setup(struct run *run)
{
	const struct tcprtt_bpf__rodata *rodata = run->rodata;

	if (rodata->by_laddr && rodata->by_raddr) {
		err("--byladdr and --byraddr exclude each other: give one of them");
		return -EINVAL;
	}
	return sock_owners_filtered(run);
}

static const struct example examples[] = {
	{ "", "round-trip times of all TCP connections, until Ctrl-C" },
	{ "-m -B 10", "by remote address, in milliseconds, every ten seconds" },
	{ "-L 443 --percentiles -d 60", "percentiles of a web server's clients, of a minute" },
	{}
};

TOOL(tcprtt,
	.summary  = "round-trip times of TCP connections, as a histogram",
	.about    = "The kernel's own smoothed estimate of a connection's round-trip time, each time that a segment comes "
		    "in on an established connection: a connection counts as often as it hears something.",
	.cost     = "A tracepoint for each TCP segment that comes in, which reads one number and adds to a counter of its CPU; "
		    "filters on processes cost what tcpstates does, without the records.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = sock_owners_meet, .state = "owners",
	.table    = HISTS("hists", struct tcprtt_key, "usecs", DIVIDE(tcprtt, unit)),
	.twice    = "inet_sock_set_state again");
