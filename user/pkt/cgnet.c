// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/hook.h"
#include "pkt/cgnet.h"
#include "pkt/cgnet.skel.h"

struct row {
	struct cgnet_key key;
	struct cgnet_value value;
	__u64 total;
};

static bool complete(struct run *run, void *data)
{
	struct row *row = data;

	row->total = row->value.rx + row->value.tx;
	return true;
}

static const struct opt opts[] = {
	OPT_HOOK_CGROUP,
	OPT('D', "depth", "N", cgnet, depth, "add up all that is below cgroups of this depth; 1: those below /", .min = 1, .max = 64),
	{}
};

static const struct column columns[] = {
	COL_AS(L_SIZE, "rx", struct row, value.rx, 8, "bytes received, from IP's header on"),
	COL_AS(L_SIZE, "tx", struct row, value.tx, 8, "bytes sent"),
	COL_AS(L_SIZE, "total", struct row, total, 8, "both", HIDDEN),
	COL("rxpackets", struct row, value.rx_packets, 10, "packets received"),
	COL("txpackets", struct row, value.tx_packets, 10, "packets sent"),
	COL("id", struct row, key.cgroup, 12, "the cgroup's id", HIDDEN),
	COL_AS(L_CGROUP, "cgroup", struct row, key.cgroup, 0, "cgroup v2 path of the socket"),
	{}
};

static const struct example examples[] = {
	{ "", "who uses the network, by cgroup, on the screen, every second" },
	{ "-D 2 --sort tx 10", "services and users added up, by what they send, every ten seconds" },
	{ "-c /system.slice -i 60 -j", "services, every minute, as JSON" },
	{}
};

TOOL(cgnet,
	.summary  = "bytes and packets that cgroups send and receive",
	.about    = "Each interval, for every cgroup: packets and bytes that its sockets received and sent, exactly, over IPv4 and IPv6, "
		    "on all interfaces, lo as well. A socket is of the cgroup that it was made in. On a terminal it works as top does: q "
		    "quits, p pauses, s sorts by the next column, r turns the order, the space bar shows the next interval at once.",
	.cost     = "Two programs of CGROUP_SKB: for each packet of a socket a hash table is looked up.",
	.caveats  = "What has no socket here, as forwarded packets and answers to a ping, is of no cgroup. Segments that the kernel puts "
		    "together count as one packet. Programs of other cgroups that allow no other in their place are left alone: what "
		    "is below those isn't seen.",
	.packets = true, .examples = examples, .opts = opts, .columns = columns,
	.setup = hook_setup, .attach = hook_attach, .tick = hook_tick,
	.table = ROWS("cgroups", struct row, "total", .screen = true, .row = complete));
