// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "lib/stack_user.h"
#include "net/tcpdrop.h"
#include "net/tcpdrop.skel.h"

#define EVENT struct tcpdrop_event

static void show_reason(struct out *out, const struct column *c, const void *row)
{
	sock_drop_reason(out, ((const EVENT *)row)->reason);
}

static void show_state(struct out *out, const struct column *c, const void *row)
{
	__u32 state = ((const EVENT *)row)->state;

	if (state)
		sock_state(out, state);
	else
		out_nothing(out);
}

static void show_flags(struct out *out, const struct column *c, const void *row)
{
	static const char letters[] = "FSRPAU";
	char text[sizeof(letters)] = "", *at = text;

	for (int i = 0; letters[i]; i++)
		if (((const EVENT *)row)->flags & 1 << i)
			*at++ = letters[i];
	if (*text)
		out_str(out, text);
	else
		out_nothing(out);
}

static void show_way(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->outgoing ? "out" : "in");
}

static void show_location(struct out *out, const struct column *c, const void *row)
{
	sock_drop_location(out, ((const EVENT *)row)->location);
}

static const struct opt opts[] = {
	OPT_FLOW(tcpdrop),
	{}
};

static const struct column columns[] = {
	COL_OWNER(EVENT),
	COL_FLOW_AS(EVENT, flow, true, false, .needs = 0),
	COL_OWN("way", show_way, -3, "in or out", HIDDEN),
	COL_OWN("state", show_state, -11, "of the socket, where there is one"),
	COL_OWN("flags", show_flags, -5, "of the segment: F(in), S(yn), R(st), P(sh), A(ck), U(rg)"),
	COL_OWN("reason", show_reason, -18, "the kernel's own word for why; since 5.17"),
	COL_OWN("location", show_location, -24, "where in the kernel", HIDDEN),
	COL_OWN("stack", stack_show, 0, "the kernel's stack, innermost first", HIDDEN, .bare_json = true, NEEDS(tcpdrop, want_stack)),
	{}
};

static const struct stack_view view = {
	.parts = { { PART_KERNEL, "kernel", offsetof(EVENT, stack) } },
};

static int setup(struct run *run)
{
	struct tcpdrop_bpf__rodata *rodata = run->rodata;
	__u32 depth = (__u32)rodata->stack_depth;

	sock_drop_reasons(run);
	return sock_owners(run) ?: stack_setup(run, &view, &depth);
}

static const struct example examples[] = {
	{ "", "every TCP segment that the kernel drops, and why" },
	{ "-L 443 -o +location,laddr -T", "those to port 443, with the place in the kernel and the time" },
	{ "-o pid,lport,raddr,rport,reason,stack", "with the kernel's stack" },
	{}
};

TOOL(tcpdrop,
	.summary  = "trace TCP segments that the kernel drops, and why",
	.about    = "One line for each TCP segment that is dropped, with the kernel's reason, its flags, and the state and owner of "
		    "the socket where it belongs to one. The owner is the process that connected or accepted, not the one that an "
		    "interrupt hit. Of a segment without a known socket, local is where it was sent to.",
	.cost     = "A tracepoint for each packet that is dropped, TCP or not. To know the owners, what tcpstates costs, without the "
		    "records.",
	.caveats  = "Before 5.17 the kernel gives no reason, before 6.11 no socket to what came in: its owner and state aren't known "
		    "then, and filters on processes leave it out, as --netns does. IPv6 with extension headers isn't looked into.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = sock_owners_meet, .early = stack_early,
	.end      = stack_end, .keep_caps = SYMBOL_CAPS, .state = "owners", .twice = "inet_sock_set_state again");
