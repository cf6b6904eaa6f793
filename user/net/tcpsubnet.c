// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/sock_user.h"
#include "net/tcpsubnet.h"
#include "net/tcpsubnet.skel.h"

#define ROW struct tcpsubnet_row

ROW {
	__u32 net;		/* its place in the list */
	__u32 pad;
	struct tcpsubnet_value value;
};

static struct sock_nets nets;

/* 10.0.0.0/8 */
static void show_subnet(struct out *out, const struct column *c, const void *row)
{
	const struct sock_net *net = &nets.net[((const ROW *)row)->net % SOCK_NETS];
	int bits = 0;

	for (int i = 0; i < 4; i++)
		bits += __builtin_popcount(net->mask[i]);
	sock_addr(out, net->family, net->addr);
	out_str(out, "/");
	out_u64(out, bits);
}

static const struct opt opts[] = {
	OPT('s', "subnets", "NETS", tcpsubnet, subnets, "count by these networks, in this order: 10.0.0.0/8,::/0", .parse = sock_nets),
	OPT_FLOW(tcpsubnet),
	{}
};

static const struct column columns[] = {
	COL_OWN("subnet", show_subnet, -24, "network of the remote addresses"),
	COL_AS(L_SIZE, "rx", ROW, value.rx, 8, "bytes that were received from it"),
	COL_AS(L_SIZE, "tx", ROW, value.tx, 8, "bytes that were sent to it"),
	{}
};

/* Loopback, private networks, and all the rest. */
static int setup(struct run *run)
{
	struct tcpsubnet_bpf__rodata *rodata = run->rodata;
	int ret = 0;

	if (!rodata->subnets.n)
		ret = sock_nets(run, "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,0.0.0.0/0,::1,fc00::/7,::/0",
				(void *)&rodata->subnets);
	memcpy(&nets, (void *)&rodata->subnets, sizeof(nets));
	return ret ?: sock_transfers(run);
}

static const struct example examples[] = {
	{ "5", "bytes to and from loopback, private networks, and all others, every five seconds" },
	{ "-s 10.1.0.0/16,10.0.0.0/8,0.0.0.0/0 -i 60", "by networks of one's own: the first that fits counts" },
	{ "-n 'rsync*' -d 10", "of one program, during ten seconds" },
	{}
};

TOOL(tcpsubnet,
	.summary  = "how many bytes go over TCP to which networks, and come from them",
	.about    = "Counts the bytes that processes write to TCP connections and read from them, by the first network in the "
		    "list that has the remote address; what is in none isn't counted. Up to eight networks, of IPv4 and IPv6.",
	.cost     = "A tracepoint at each call that writes to a socket or reads from one, which adds to a counter of its CPU; "
		    "before 6.3 probes of the kernel's functions for it.",
	.caveats  = "What splice(2) takes out of a socket isn't counted. Bytes that were written may still wait to be sent.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .optional = "send6 receive6 sendpage",
	.table    = ROWS("counts", ROW, "tx", .per_cpu = SOCK_NETS));
