// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/sock_user.h"
#include "net/netlat.h"
#include "net/netlat.skel.h"

#define EVENT struct netlat_event

static void show_stage(struct out *out, const struct column *c, const void *row)
{
	static const char *const names[STAGES] = { "send", "qdisc", "away", "receive", "wakeup", "late", "read" };

	out_str(out, names[((const struct netlat_key *)row)->stage % STAGES]);
}

static const struct opt opts[] = {
	OPT_FLOW(netlat),
	OPT_TIME('m', "min", "TIME", netlat, min_ns, MSEC, "only exchanges that took at least so long: 10, 500us (ms)"),
	OPT(0, "dist", NULL, netlat, dist, "a histogram for each stage, of all exchanges", KEYED("stage"),
	    .hides = "pid comm laddr lport raddr rport total send qdisc away receive wakeup late read"),
	OPT_UNIT(0, "milliseconds", netlat, unit, MSEC, "histograms in milliseconds; microseconds otherwise"),
	{}
};

static void show_time(struct out *out, const struct column *c, const void *row)
{
	__u64 ns = *(const __u64 *)((const char *)row + c->offset);

	if (!ns)
		out_nothing(out);
	else if (out_is_json(out))
		out_u64(out, ns);
	else
		out_u64(out, ns / 1000);
}

#define COL_STAGE(name, which, width, help)						\
	COL_OWN(name, show_time, width, help "; microseconds, in JSON nanoseconds",	\
		.bare_json = true, .offset = offsetof(EVENT, stage[which]))

static const struct column columns[] = {
	COL_OWN("stage", show_stage, -7, "what the time was spent with; of histograms", HIDDEN),
	COL_ORIGIN_AS(EVENT, true),
	COL_FLOW_HIDE(EVENT, flow, true, true, true, .needs = 0),
	COL_NSEC("total", "us", EVENT, total, 9, "from the write of the request to the read of the answer"),
	COL_STAGE("send", STAGE_SEND, 6, "from write(2) to the device's queue"),
	COL_STAGE("qdisc", STAGE_QDISC, 6, "in the device's queue"),
	COL_STAGE("away", STAGE_AWAY, 8, "on the wire, and at the other end"),
	COL_STAGE("receive", STAGE_RECEIVE, 7, "of the answer's first segment, from the device to its connection"),
	COL_STAGE("wakeup", STAGE_WAKEUP, 7, "until the thread that waited for it had a CPU"),
	COL_STAGE("late", STAGE_LATE, 7, "until the program came for it, which had something else to do"),
	COL_STAGE("read", STAGE_READ, 6, "until it had the first bytes"),
	COL_NSEC("rtt", "us", EVENT, rtt, 8, "round-trip time of the connection, as the kernel estimates it", HIDDEN),
	COL("wrote", EVENT, wrote, 6, "bytes of the request", HIDDEN),
	COL("got", EVENT, read, 6, "bytes of the answer in the first read", HIDDEN),
	{}
};

static const struct table hists = HISTS("hists", struct netlat_key, "usecs", DIVIDE(netlat, unit), .keyed = true);

static int setup(struct run *run)
{
	if (((struct netlat_bpf__rodata *)run->rodata)->dist)
		run->table = &hists;
	return 0;
}

static const struct example examples[] = {
	{ "-D 5432", "where the time goes of each question to a database" },
	{ "-D 443 -m 100 -o +rtt,wrote,got", "those that took 100 ms or more, with the round-trip time and bytes" },
	{ "-p 1234 --dist --percentiles -d 60", "percentiles for each stage, of a process, of a minute" },
	{}
};

TOOL(netlat,
	.summary  = "where the time goes between a request over TCP and its answer",
	.about    = "An exchange begins with a write(2) to a connection and ends with the first read(2) of what comes back. One line "
		    "for each, as it ends, with its time in stages, one behind the other: send (the write, to the device's "
		    "queue), qdisc (that queue), away (the wire, and the other end), receive (from the device to the connection), "
		    "wakeup (of the thread that waits), late (the program did something else first) and read. Of a server, "
		    "away is the time until its client sends the next request. A filter on one connection or process is advised; "
		    "filters on processes are on the one that writes.",
	.cost     = "A tracepoint at each system call, each packet that goes out and comes in, each wake-up and switch of tasks, and "
		    "soft interrupt: most do no more than look whether it is of an exchange.",
	.caveats  = "A stage that has no time was not there, or not seen: then the next one has its time. Of requests and answers of "
		    "several segments the first is looked at. Requests that are sent before the answer to the last "
		    "was read are one exchange. What is written by io_uring(7) or splice(2) isn't seen, and packets that were copied "
		    "for a sniffer have no receive. Where the two ends are on one machine both are shown.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .hists = &hists, .state = "exchanges");
