// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <net/if.h>
#include <string.h>
#include "lib/sock_user.h"
#include "net/bindsnoop.h"
#include "net/bindsnoop.skel.h"

#define EVENT struct bindsnoop_event

static void show_protocol(struct out *out, const struct column *c, const void *row)
{
	sock_protocol(out, ((const EVENT *)row)->protocol);
}

/* A letter for each, in its place. */
static void show_options(struct out *out, const struct column *c, const void *row)
{
	static const struct {
		__u32 bit;
		char letter;
	} letters[] = { { BIND_FREEBIND, 'F' }, { BIND_TRANSPARENT, 'T' }, { BIND_NO_PORT, 'N' }, { BIND_REUSEADDR, 'R' },
			{ BIND_REUSEPORT, 'r' } };
	char text[6] = "";

	for (int i = 0; i < 5; i++)
		text[i] = ((const EVENT *)row)->options & letters[i].bit ? letters[i].letter : '.';
	out_str(out, text);
}

static void show_device(struct out *out, const struct column *c, const void *row)
{
	__u32 device = ((const EVENT *)row)->device;
	char name[IF_NAMESIZE];

	if (!device)
		out_nothing(out);
	else if (if_indextoname(device, name))
		out_bytes(out, name, strlen(name));
	else
		out_u64(out, device);
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, bindsnoop, failed_only, "only calls that failed"),
	OPT_FLOW(bindsnoop),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("protocol", show_protocol, -8, "TCP, UDP, or what else it is"),
	COL_OWN("options", show_options, -7, "F freebind, T transparent, N bind_address_no_port, R reuseaddr, r reuseport"),
	COL_OWN("device", show_device, -6, "interface that the socket is bound to", HIDDEN),
	COL_OWN("laddr", sock_show_laddr, -13, "address", .offset = offsetof(EVENT, flow)),
	COL("lport", EVENT, flow.lport, 5, "port: that it got, or of a call that failed, that was asked for"),
	COL_AS(L_ERRNO, "error", EVENT, error, -13, "why it failed"),
	COL_OWN("family", sock_show_family, 6, "4 or 6", HIDDEN, .bare_json = true, .offset = offsetof(EVENT, flow)),
	COL("netns", EVENT, flow.netns, 10, "network namespace", HIDDEN, WANTS(want_netns)),
	{}
};

static const struct example examples[] = {
	{ "", "every bind(2) to an address of IPv4 or IPv6" },
	{ "-x -o +device", "those that failed, with the interface" },
	{ "-P 1-1023 -T", "of ports for the privileged, with the time" },
	{}
};

TOOL(bindsnoop,
	.summary  = "trace sockets that are bound to addresses and ports",
	.about    = "One line for each bind(2) on a socket of IPv4 or IPv6, whatever its protocol, with the options that decide "
		    "whether it may.",
	.cost     = "A probe at the kernel's bind; where functions can't be probed, a raw tracepoint at the return of each "
		    "system call in its place.",
	.caveats  = "Where functions can't be probed, bind(2) through io_uring is not seen; where they can, SCTP's own and MPTCP's isn't. An interface's name is looked up "
		    "in the tool's own network namespace.",
	.examples = examples, .opts = opts, .columns = columns, .optional = "bind6");
