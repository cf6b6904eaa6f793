// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fnmatch.h>
#include "lib/tool.h"
#include "pkt/netqtop.h"
#include "pkt/netqtop.skel.h"

#define ROW struct netqtop_row

static const char *only;

static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->packets = 0;
	for (int i = 0; i < NETQTOP_SIZES; i++)
		r->packets += r->value.size[i];
	return r->packets && (!only || !fnmatch(only, r->value.name, 0));
}

static void show_way(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const ROW *)row)->key.receives ? "rx" : "tx");
}

static void show_average(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	out_fixed(out, r->value.bytes * 10 / r->packets, 10, 1);
}

static const struct opt opts[] = {
	{ .letter = 'I', .name = "interface", .arg = "GLOB", .value = V_CHARS, .here = &only,
	  .help = "only these interfaces: 'eth*'" },
	OPT_SHOW(0, "rates", "packets_s bytes_s", "packets and bytes in a second"),
	OPT(0, "total", NULL, netqtop, total, "all queues of an interface in one", .hides = "queue"),
	{}
};

static const struct column columns[] = {
	COL("netns", ROW, key.netns, 10, "network namespace of the interface", HIDDEN),
	COL("index", ROW, key.index, 5, "number of the interface", HIDDEN),
	COL("interface", ROW, value.name, -10, "its name"),
	COL_OWN("dir", show_way, -3, "tx: sent, rx: received"),
	COL("queue", ROW, key.queue, 5, "queue of the device; what comes from none that is known counts as 0"),
	COL("packets", ROW, packets, 8, "how many packets"),
	COL("bytes", ROW, value.bytes, 12, "their length, with the header of the link", HIDDEN),
	COL_OWN("avg", show_average, 7, "average length", .bare_json = true),
	COL("lt64", ROW, value.size[0], 6, "packets of less than 64 bytes"),
	COL("lt512", ROW, value.size[1], 6, "of 64 to 511"),
	COL("lt2k", ROW, value.size[2], 6, "of 512 to 2,047"),
	COL("lt16k", ROW, value.size[3], 6, "of 2,048 to 16,383"),
	COL("lt64k", ROW, value.size[4], 6, "of 16,384 to 65,535"),
	COL("more", ROW, value.size[5], 5, "of 65,536 and more"),
	COL_OWN("packets_s", out_rate, 10, "packets in a second", HIDDEN, .bare_json = true, .offset = offsetof(ROW, packets)),
	COL_OWN("bytes_s", out_rate, 11, "bytes in a second", HIDDEN, .bare_json = true, .offset = offsetof(ROW, value.bytes)),
	{}
};

static const struct example examples[] = {
	{ "", "which queues packets go through, and how long they are, every second, on a terminal" },
	{ "-I eth0 --rates 5", "of one interface, with rates, every five seconds" },
	{ "--total -j 1", "interfaces as a whole, as JSON lines" },
	{}
};

TOOL(netqtop,
	.summary  = "packets by queue of network interfaces, and how long they are",
	.about    = "Counts packets as they are handed to a device (tx) and as the network stack gets them (rx), in every network "
		    "namespace. A packet that the device is to cut into segments, or that was put together from several (GSO, GRO), "
		    "is one, as long as it is then.",
	.cost     = "Two tracepoints; a hash map's entry for each packet.",
	.caveats  = "What XDP drops or sends back never gets here. A packet that goes through several interfaces, as VLANs, bridges "
		    "and tunnels on a device, counts at each of them.",
	.packets  = true, .examples = examples, .opts = opts, .columns = columns,
	.table    = ROWS("queues", ROW, "packets", .adds = 7 * sizeof(__u64), .row = row, .screen = true));
