// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/tool.h"
#include "net/mptcpify.h"
#include "net/mptcpify.skel.h"

#define EVENT struct mptcpify_event
#define ENABLED "/proc/sys/net/mptcp/enabled"

static void show_family(struct out *out, const struct column *c, const void *row)
{
	out_u64(out, ((const EVENT *)row)->family == 2 ? 4 : 6);	/* AF_INET */
}

/* Where MPTCP is off, socket(2) would fail for those who asked for TCP. */
static int setup(struct run *run)
{
	FILE *f = fopen(ENABLED, "re");
	int on = f ? getc(f) : EOF;

	if (f)
		fclose(f);
	if (on == '1')
		return 0;
	if (f)
		err("can't run here: MPTCP is off: sysctl net.mptcp.enabled=1");
	else
		err("can't run here: this kernel is built without MPTCP, %s isn't there", ENABLED);
	return -EOPNOTSUPP;
}

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("family", show_family, 6, "4 or 6: IPv4 or IPv6", .bare_json = true),
	{}
};

static const struct opt opts[] = {
	{}
};

static const struct example examples[] = {
	{ "-n curl", "each TCP socket that curl makes from now on is one of MPTCP" },
	{ "-c /system.slice/nginx.service -q", "all of a service" },
	{ "-- wget https://example.org/", "those of one command" },
	{}
};

TOOL(mptcpify,
	.summary  = "make TCP sockets of programs that know nothing of it MPTCP sockets",
	.about    = "While it runs, socket(2) for a stream over IPv4 or IPv6 makes a Multipath TCP socket for the processes that pass "
		    "the filters; without any filter, for all. One line for each. Such a socket speaks plain TCP with a peer that "
		    "knows no MPTCP. Sockets that were made stay what they are when the tool ends.",
	.cost     = "A program at each socket(2), and a record for each socket that is changed.",
	.caveats  = "It acts, where other tools watch. Some options of TCP sockets are not there for MPTCP. In a network namespace "
		    "where net.mptcp.enabled is 0 such a socket(2) fails. Sockets made by io_uring(7) are not changed. It needs a "
		    "kernel with the hook update_socket_protocol() (6.6 has it) and with BPF trampolines.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
