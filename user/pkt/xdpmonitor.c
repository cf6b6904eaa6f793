// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fnmatch.h>
#include "lib/xdp_event_user.h"
#include "pkt/xdpmonitor.skel.h"

#define ROW struct xdp_event_row

static const char *only;
static bool success, errors;

static int setup(struct run *run)
{
	if (!success)
		attach_skip("redirect");
	return 0;
}

static bool row(struct run *run, void *row)
{
	const ROW *r = row;

	if (only && fnmatch(only, r->value.name, 0) && fnmatch(only, r->value.to_name, 0))
		return false;
	return !errors || r->key.error || r->value.drops || r->value.dropped;
}

static const struct opt opts[] = {
	{ .letter = 'I', .name = "interface", .arg = "GLOB", .value = V_CHARS, .here = &only,
	  .help = "only what comes from or goes to these interfaces: 'eth*'" },
	{ .letter = 's', .name = "success", .value = V_BOOL, .here = &success,
	  .help = "also each packet that is redirected, not only those that fail and what is sent in bulk" },
	{ .letter = 'e', .name = "errors", .value = V_BOOL, .here = &errors, .help = "only where there was an error or a drop" },
	OPT_XDP_EVENT(xdpmonitor),
	{}
};

static const struct column columns[] = {
	COLS_XDP_EVENT,
	COLS_XDP_RATES(HIDDEN),
	COLS_XDP_REMOTE,
	{}
};

static const struct example examples[] = {
	{ "", "what becomes of packets that XDP redirects, every second, on a terminal" },
	{ "-e 10", "every ten seconds, where packets are lost and why" },
	{ "-s -C -d 10", "redirected packets too, for each CPU apart, during ten seconds" },
	{ "-j 1 -o +packets_s,drops_s,map", "as JSON lines, with rates" },
	{}
};

TOOL(xdpmonitor,
	.summary  = "count what XDP redirects, drops and fails on, by error",
	.about    = "Counts at each of the kernel's tracepoints of XDP: redirect (only with -s) and redirect_err, a packet that a "
		    "program sent on; exception, an action that failed or that there isn't; devmap_xmit, what left through "
		    "another interface; bulk_tx, what left through the same; cpumap_enqueue and cpumap_kthread, what one CPU handed "
		    "to another and what that took; mem_*, memory of receive queues that comes, goes, or could not be given back.",
	.cost     = "A hash map's entry per event; an event of devmap, cpumap and bulk_tx is up to 16 packets, of redirect one.",
	.caveats  = "XDP_DROP, XDP_PASS and, in most drivers, XDP_TX have no tracepoint. Generic XDP has none for what it sends "
		    "through another interface. A driver that drops without telling isn't seen. Kernels before 5.14 count as "
		    "drops of cpumap_kthread also what the network stack dropped.",
	.optional = "mem_connect mem_disconnect mem_return_failed bulk_tx",
	.packets  = true, .examples = examples, .opts = opts, .columns = columns, .setup = setup,
	.table    = ROWS("counts", ROW, "packets", .adds = 7 * sizeof(__u64), .row = row, .screen = true));
