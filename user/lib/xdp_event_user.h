/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of what bpf/lib/xdp_event.bpf.h counts. */
#ifndef XDP_EVENT_USER_H
#define XDP_EVENT_USER_H

#include "lib/tool.h"
#include "lib/xdp_event.h"

void xdp_event_name(struct out *out, const struct column *c, const void *row);
void xdp_event_to(struct out *out, const struct column *c, const void *row);
void xdp_event_error(struct out *out, const struct column *c, const void *row);

#define OPT_XDP_EVENT(skel)							\
	OPT('C', "per-cpu", NULL, skel, by_cpu, "for each CPU apart", .shows = "cpu")

#define COLS_XDP_EVENT								\
	COL("cpu", struct xdp_event_row, key.cpu, 4, "CPU that it happened on", HIDDEN), \
	COL_OWN("event", xdp_event_name, -17, "the kernel's tracepoint, xdp: where it is not mem"), \
	COL("interface", struct xdp_event_row, value.name, -15, "where packets came in", BLANK), \
	COL("index", struct xdp_event_row, key.index, 5, "its number", HIDDEN, BLANK), \
	COL("netns", struct xdp_event_row, key.netns, 10, "its network namespace", HIDDEN, BLANK), \
	COL_OWN("to", xdp_event_to, -15, "where they go to: interface, CPU, entry of the map; of mem the kind of memory"), \
	COL("prog", struct xdp_event_row, key.prog, 6, "id of the program", BLANK), \
	COL("map", struct xdp_event_row, key.map, 6, "id of the map that it redirects by", HIDDEN, BLANK), \
	COL_OWN("error", xdp_event_error, -12, "what went wrong; of an exception the action that could not be taken"), \
	COL("events", struct xdp_event_row, value.events, 10, "how often; packets are sent in bulk", HIDDEN), \
	COL("packets", struct xdp_event_row, value.packets, 9, "how many packets"), \
	COL("drops", struct xdp_event_row, value.drops, 9, "how many of them were dropped")

#define COLS_XDP_RATES(...)							\
	COL_OWN("packets_s", out_rate, 10, "packets in a second", .bare_json = true, \
		.offset = offsetof(struct xdp_event_row, value.packets), ##__VA_ARGS__), \
	COL_OWN("drops_s", out_rate, 10, "drops in a second", .bare_json = true, \
		.offset = offsetof(struct xdp_event_row, value.drops), ##__VA_ARGS__)

#define COLS_XDP_REMOTE								\
	COL("wakeups", struct xdp_event_row, value.wakeups, 8, "of a cpumap's thread: how often it had slept", HIDDEN), \
	COL("pass", struct xdp_event_row, value.pass, 9, "of them, what a cpumap's program passed", HIDDEN), \
	COL("redirected", struct xdp_event_row, value.redirected, 10, "... sent on", HIDDEN), \
	COL("dropped", struct xdp_event_row, value.dropped, 9, "... and dropped", HIDDEN)

#endif
