// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fnmatch.h>
#include <linux/bpf.h>
#include "lib/names.h"
#include "lib/tool.h"
#include "pkt/xdpmonitor.h"
#include "pkt/xdpmonitor.skel.h"

#define ROW struct xdpmonitor_row

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

static const char *const events[] = {
	[XDPMONITOR_REDIRECT] = "redirect", [XDPMONITOR_REDIRECT_ERR] = "redirect_err", [XDPMONITOR_EXCEPTION] = "exception",
	[XDPMONITOR_BULK_TX] = "bulk_tx", [XDPMONITOR_DEVMAP_XMIT] = "devmap_xmit", [XDPMONITOR_CPUMAP_ENQUEUE] = "cpumap_enqueue",
	[XDPMONITOR_CPUMAP_KTHREAD] = "cpumap_kthread", [XDPMONITOR_MEM_CONNECT] = "mem_connect",
	[XDPMONITOR_MEM_DISCONNECT] = "mem_disconnect", [XDPMONITOR_MEM_RETURN_FAILED] = "mem_return_failed",
};

static void show_event(struct out *out, const struct column *c, const void *row)
{
	out_str(out, events[((const ROW *)row)->key.event]);
}

static void numbered(struct out *out, const char *word, __u32 n)
{
	out_str(out, word);
	out_str(out, " ");
	out_u64(out, n);
}

static void show_to(struct out *out, const struct column *c, const void *row)
{
	static const char *const memory[] = { "shared pages", "pages", "page pool", "XSK pool" };	/* enum xdp_mem_type */
	const ROW *r = row;

	switch (r->key.event) {
	case XDPMONITOR_DEVMAP_XMIT:
		out_bytes(out, r->value.to_name, strnlen(r->value.to_name, sizeof(r->value.to_name)));
		break;
	case XDPMONITOR_CPUMAP_ENQUEUE:
	case XDPMONITOR_CPUMAP_KTHREAD:
		numbered(out, "cpu", r->key.to);
		break;
	case XDPMONITOR_REDIRECT:
	case XDPMONITOR_REDIRECT_ERR:
		numbered(out, !r->value.map_type ? "interface" : r->value.map_type == BPF_MAP_TYPE_CPUMAP ? "cpu" :
			 r->value.map_type == BPF_MAP_TYPE_XSKMAP ? "queue" : "entry", r->key.to);
		break;
	case XDPMONITOR_MEM_CONNECT:
	case XDPMONITOR_MEM_DISCONNECT:
	case XDPMONITOR_MEM_RETURN_FAILED:
		if (r->key.to < sizeof(memory) / sizeof(*memory))
			out_str(out, memory[r->key.to]);
		else
			numbered(out, "type", r->key.to);
		break;
	default:
		out_nothing(out);
	}
}

static void show_error(struct out *out, const struct column *c, const void *row)
{
	static const char *const actions[] = { "XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT" };
	const ROW *r = row;
	const char *name;

	if (r->key.event == XDPMONITOR_EXCEPTION) {
		if ((__u32)r->key.error < sizeof(actions) / sizeof(*actions))
			out_str(out, actions[r->key.error]);
		else
			numbered(out, "action", r->key.error);
	} else if (r->key.error) {
		name = names_errno(-r->key.error);
		if (name)
			out_str(out, name);
		else
			out_s64(out, r->key.error);
	} else {
		out_nothing(out);
	}
}

static const struct opt opts[] = {
	{ .letter = 'I', .name = "interface", .arg = "GLOB", .value = V_CHARS, .here = &only,
	  .help = "only what comes from or goes to these interfaces: 'eth*'" },
	{ .letter = 's', .name = "success", .value = V_BOOL, .here = &success,
	  .help = "also each packet that is redirected, not only those that fail and what is sent in bulk" },
	{ .letter = 'e', .name = "errors", .value = V_BOOL, .here = &errors, .help = "only where there was an error or a drop" },
	OPT('C', "per-cpu", NULL, xdpmonitor, by_cpu, "for each CPU apart", .shows = "cpu"),
	{}
};

static const struct column columns[] = {
	COL("cpu", ROW, key.cpu, 4, "CPU that it happened on", HIDDEN),
	COL_OWN("event", show_event, -17, "the kernel's tracepoint, xdp: where it is not mem"),
	COL("interface", ROW, value.name, -15, "where packets came in", BLANK),
	COL("index", ROW, key.index, 5, "its number", HIDDEN, BLANK),
	COL("netns", ROW, key.netns, 10, "its network namespace", HIDDEN, BLANK),
	COL_OWN("to", show_to, -15, "where they go to: interface, CPU, entry of the map; of mem the kind of memory"),
	COL("prog", ROW, key.prog, 6, "id of the program", BLANK),
	COL("map", ROW, key.map, 6, "id of the map that it redirects by", HIDDEN, BLANK),
	COL_OWN("error", show_error, -12, "what went wrong; of an exception the action that could not be taken"),
	COL("events", ROW, value.events, 10, "how often; packets are sent in bulk", HIDDEN),
	COL("packets", ROW, value.packets, 9, "how many packets"),
	COL("drops", ROW, value.drops, 9, "how many of them were dropped"),
	COL_OWN("packets_s", out_rate, 10, "packets in a second", HIDDEN, .bare_json = true, .offset = offsetof(ROW, value.packets)),
	COL_OWN("drops_s", out_rate, 10, "drops in a second", HIDDEN, .bare_json = true, .offset = offsetof(ROW, value.drops)),
	COL("wakeups", ROW, value.wakeups, 8, "of a cpumap's thread: how often it had slept", HIDDEN),
	COL("pass", ROW, value.pass, 9, "of them, what a cpumap's program passed", HIDDEN),
	COL("redirected", ROW, value.redirected, 10, "... sent on", HIDDEN),
	COL("dropped", ROW, value.dropped, 9, "... and dropped", HIDDEN),
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
