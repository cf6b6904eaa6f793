// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/bpf.h>
#include <string.h>
#include "lib/names.h"
#include "lib/xdp_event_user.h"

static const char *const events[] = {
	[XDP_EVENT_REDIRECT] = "redirect", [XDP_EVENT_REDIRECT_ERR] = "redirect_err", [XDP_EVENT_EXCEPTION] = "exception",
	[XDP_EVENT_BULK_TX] = "bulk_tx", [XDP_EVENT_DEVMAP_XMIT] = "devmap_xmit", [XDP_EVENT_CPUMAP_ENQUEUE] = "cpumap_enqueue",
	[XDP_EVENT_CPUMAP_KTHREAD] = "cpumap_kthread", [XDP_EVENT_MEM_CONNECT] = "mem_connect",
	[XDP_EVENT_MEM_DISCONNECT] = "mem_disconnect", [XDP_EVENT_MEM_RETURN_FAILED] = "mem_return_failed",
	[XDP_EVENT_RECEIVE] = "receive", [XDP_EVENT_EGRESS] = "egress",
};

void xdp_event_name(struct out *out, const struct column *c, const void *row)
{
	out_str(out, events[((const struct xdp_event_row *)row)->key.event]);
}

static void numbered(struct out *out, const char *word, __u32 n)
{
	out_str(out, word);
	out_str(out, " ");
	out_u64(out, n);
}

void xdp_event_to(struct out *out, const struct column *c, const void *row)
{
	static const char *const memory[] = { "shared pages", "pages", "page pool", "XSK pool" };	/* enum xdp_mem_type */
	const struct xdp_event_row *r = row;

	switch (r->key.event) {
	case XDP_EVENT_RECEIVE:
		if (r->key.to)
			numbered(out, "queue", r->key.to - 1);
		else
			out_nothing(out);
		break;
	case XDP_EVENT_DEVMAP_XMIT:
		out_bytes(out, r->value.to_name, strnlen(r->value.to_name, sizeof(r->value.to_name)));
		break;
	case XDP_EVENT_CPUMAP_ENQUEUE:
	case XDP_EVENT_CPUMAP_KTHREAD:
		numbered(out, "cpu", r->key.to);
		break;
	case XDP_EVENT_REDIRECT:
	case XDP_EVENT_REDIRECT_ERR:
		numbered(out, !r->value.map_type ? "interface" : r->value.map_type == BPF_MAP_TYPE_CPUMAP ? "cpu" :
			 r->value.map_type == BPF_MAP_TYPE_XSKMAP ? "queue" : "entry", r->key.to);
		break;
	case XDP_EVENT_MEM_CONNECT:
	case XDP_EVENT_MEM_DISCONNECT:
	case XDP_EVENT_MEM_RETURN_FAILED:
		if (r->key.to < sizeof(memory) / sizeof(*memory))
			out_str(out, memory[r->key.to]);
		else
			numbered(out, "type", r->key.to);
		break;
	default:
		out_nothing(out);
	}
}

void xdp_event_error(struct out *out, const struct column *c, const void *row)
{
	static const char *const actions[] = { "XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT" };
	const struct xdp_event_row *r = row;
	const char *name;

	if (r->key.event == XDP_EVENT_EXCEPTION) {
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
