// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/hook.h"
#include "lib/sock_user.h"
#include "pkt/flowtop.h"
#include "pkt/flowtop.skel.h"

struct row {
	struct flowtop_key key;
	struct flowtop_value value;
};

static void show_address(struct out *out, const struct column *c, const void *data)
{
	const struct row *row = data;

	if (row->key.family)
		sock_addr(out, row->key.family, (const __u32 *)((const char *)data + c->offset));
	else
		out_nothing(out);
}

static void show_protocol(struct out *out, const struct column *c, const void *data)
{
	const struct row *row = data;

	if (row->key.family)
		sock_protocol(out, row->key.protocol);
	else
		out_nothing(out);
}

static const struct opt opts[] = {
	OPT_HOOK_KIND, OPT_HOOK_INTERFACE, OPT_HOOK_MODE, OPT_HOOK_EGRESS, OPT_HOOK_CGROUP,
	OPT('F', "flows", NULL, flowtop, by_flow, "by protocol and ports as well", .shows = "proto sport dport"),
	OPT('4', "ipv4", NULL, flowtop, only_4, "only IPv4"),
	OPT('6', "ipv6", NULL, flowtop, only_6, "only IPv6"),
	{}
};

static const struct column columns[] = {
	COL("family", struct row, key.family, 6, "4 or 6; 0: neither", HIDDEN),
	COL_OWN("src", show_address, -15, "address that it comes from", .offset = offsetof(struct row, key.saddr)),
	COL("sport", struct row, key.sport, 5, "its port, of TCP, UDP, SCTP, DCCP", HIDDEN, BLANK),
	COL_OWN("dst", show_address, -15, "address that it goes to", .offset = offsetof(struct row, key.daddr)),
	COL("dport", struct row, key.dport, 5, "its port", HIDDEN, BLANK),
	COL_OWN("proto", show_protocol, -7, "what is in IP", HIDDEN),
	COL("packets", struct row, value.packets, 10, "how many"),
	COL_AS(L_SIZE, "bytes", struct row, value.bytes, 8, "of them, with headers: of Ethernet too, but in a cgroup"),
	{}
};

static const struct example examples[] = {
	{ "-I eth0", "who sends to whom, on the screen, every second" },
	{ "-I eth0 -F -r 10 --sort packets 5", "the ten busiest flows, every five seconds" },
	{ "--hook tc --egress -I eth0 -i 60 -j", "what leaves, every minute, as JSON" },
	{ "--hook cgroup -c /system.slice", "what services receive" },
	{}
};

TOOL(flowtop,
	.summary  = "packets and bytes by who sends to whom, from XDP, tc or a cgroup",
	.about    = "Each interval, for every pair of addresses: packets and bytes from one to the other, exactly; with -F for every flow. "
		    "What is no IP is one row without addresses. On a terminal it works as top does: q quits, p pauses, s "
		    "sorts by the next column, r turns the order, the space bar shows the next interval at once.",
	.cost     = "For each packet its headers are read and a hash table is looked up.",
	.caveats  = "XDP sees what is received, before the kernel puts segments together; tc and cgroups see those that the kernel put "
		    "together as one packet. Later pieces of fragmented packets have no ports. A pair that comes when the table is full "
		    "is counted as lost: --max-entries.",
	.packets = true, .first = hook_first, .trial = "--hook=cgroup",
	.examples = examples, .opts = opts, .columns = columns, .setup = hook_setup, .attach = hook_attach, .tick = hook_tick,
	.table = ROWS("flows", struct row, "bytes", .screen = true));
