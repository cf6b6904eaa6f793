// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <unistd.h>
#include "lib/sock_user.h"
#include "net/rdmaucma.h"
#include "net/rdmaucma.skel.h"

#define EVENT struct rdmaucma_event

static void show_event(struct out *out, const struct column *c, const void *row)
{
	static const char *const names[] = {	/* include/rdma/rdma_cm.h */
		"ADDR_RESOLVED", "ADDR_ERROR", "ROUTE_RESOLVED", "ROUTE_ERROR", "CONNECT_REQUEST", "CONNECT_RESPONSE",
		"CONNECT_ERROR", "UNREACHABLE", "REJECTED", "ESTABLISHED", "DISCONNECTED", "DEVICE_REMOVAL", "MULTICAST_JOIN",
		"MULTICAST_ERROR", "ADDR_CHANGE", "TIMEWAIT_EXIT",
	};
	__u32 event = ((const EVENT *)row)->event;

	if (event < sizeof(names) / sizeof(*names))
		out_str(out, names[event]);
	else
		out_u64(out, event);
}

static int setup(struct run *run)
{
	if (!reach("/sys/module/rdma_ucm", F_OK))
		return 0;
	err("can't run here: ucma_event_handler() is in a module that is not loaded: modprobe rdma_ucm");
	return -EOPNOTSUPP;
}

static const struct opt opts[] = {
	OPT_FLOW(rdmaucma),
	{}
};

static const struct column columns[] = {
	COL_OWNER(EVENT),
	COL_OWN("event", show_event, -16, "what happened"),
	COL_AS(L_ERRNO, "error", EVENT, status, -8, "why it failed"),
	COL_FLOW_AS(EVENT, flow, false, true, .needs = 0),
	{}
};

static const struct example examples[] = {
	{ "", "what happens to RDMA connections that programs make" },
	{ "-T --raddr 10.0.0.0/8", "those with a private network, with the time" },
	{}
};

TOOL(rdmaucma,
	.summary  = "trace events of RDMA connections that programs manage",
	.about    = "One line for each event that the kernel's connection manager for RDMA has for a program that uses it by "
		    "librdmacm: addresses and routes resolved, connections asked for, made, refused and ended, with the process "
		    "that made it.",
	.cost     = "A probe at each such event; of the data that goes over a connection it sees nothing.",
	.caveats  = "Connections that the kernel itself manages, as of NVMe or NFS over RDMA, are not shown. It needs the types of the "
		    "module, which kernels have since 5.11. It was seen to attach, but not yet tried with a device for RDMA.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
