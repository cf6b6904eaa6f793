// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/sock_user.h"
#include "lib/stack_user.h"
#include "net/udpsnoop.h"
#include "net/udpsnoop.skel.h"

#define EVENT struct udpsnoop_event

static void show_what(struct out *out, const struct column *c, const void *row)
{
	static const char *const words[] = { "sent", "read", "drop-in", "drop-out" };

	out_str(out, words[((const EVENT *)row)->what & 3]);
}

static void show_reason(struct out *out, const struct column *c, const void *row)
{
	sock_drop_reason(out, ((const EVENT *)row)->reason);
}

static void show_location(struct out *out, const struct column *c, const void *row)
{
	sock_drop_location(out, ((const EVENT *)row)->location);
}

static int setup(struct run *run)
{
	const struct udpsnoop_bpf__rodata *rodata = run->rodata;

	sock_drop_reasons(run);
	if (rodata->drops_only && rodata->no_drops) {
		err("--drops and --no-drops leave nothing: give one of them");
		return -EINVAL;
	}
	if (rodata->no_drops)
		attach_skip("drop");
	return 0;
}

static int attach(struct run *run)
{
	return attach_walk(((struct udpsnoop_bpf *)run->skel)->progs.message_meet);
}

static const struct opt opts[] = {
	OPT('x', "drops", NULL, udpsnoop, drops_only, "only datagrams that the kernel drops"),
	OPT(0, "no-drops", NULL, udpsnoop, no_drops, "only those that are sent and read"),
	OPT_FLOW(udpsnoop),
	{}
};

static const struct column columns[] = {
	COL_AS(L_TIME, "time", EVENT, origin.time, -12, "when it happened", HIDDEN),
	COL_AS(L_USER, "user", EVENT, origin.uid, -8, "user name", HIDDEN, WANTS(want_uid)),
	COL("uid", EVENT, origin.uid, 6, "user id", HIDDEN, WANTS(want_uid)),
	COL_AS(L_CGROUP, "cgroup", EVENT, origin.cgroup, -24, "cgroup v2 path", HIDDEN, WANTS(want_cgroup)),
	COL("tid", EVENT, origin.tid, 7, "thread id", HIDDEN, BLANK),
	COL("pid", EVENT, origin.pid, 7, "process that sent or read it; of one that was dropped, that used the socket last", BLANK),
	COL("comm", EVENT, origin.comm, -10, "its command name", BLANK, WANTS(want_comm)),
	COL_OWN("what", show_what, -8, "sent, read, drop-in, drop-out"),
	COL_FLOW(EVENT, flow),
	COL("bytes", EVENT, bytes, 5, "of data, without headers"),
	COL_OWN("reason", show_reason, 0, "the kernel's own word for why it was dropped; since 5.17"),
	COL_OWN("location", show_location, -24, "where in the kernel it was dropped", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "each datagram that is sent, read or dropped" },
	{ "-x -o +location", "those that are dropped, and where in the kernel" },
	{ "-L 53 -T", "a name server's, with the time" },
	{ "-n chronyd --no-drops -j", "what a program sends and reads, as JSON lines" },
	{}
};

TOOL(udpsnoop,
	.summary  = "trace UDP datagrams: sent, read, or dropped, and why",
	.about    = "One line for each datagram that a process sends or reads, by whichever system call, with both "
		    "ends and its length, and for each one that the kernel drops, with the reason. Of a datagram "
		    "that is dropped on its way in the process is the one that used its socket last, where the "
		    "kernel tells which socket that is.",
	.cost     = "One raw tracepoint at the return of each system call; calls that send and receive are looked "
		    "into, read(2) and write(2) only of processes that have a socket of UDP. A tracepoint for each "
		    "packet that is dropped.",
	.caveats  = "Before 6.11 the kernel doesn't tell the socket of what is dropped on its way in, before 5.17 "
		    "no reason. What goes through io_uring, recvmsg(2) and the like of 32-bit programs, and more "
		    "than four messages of one sendmmsg(2) or recvmmsg(2) is not seen, nor read(2) by a process "
		    "that has never used a socket of UDP otherwise. With UDP_GRO and UDP_SEGMENT one line is "
		    "several datagrams. A datagram that is read without asking where it came from has no remote "
		    "end, unless its socket is connected. Fragments and IPv6 with extension headers are not looked "
		    "into.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .keep_caps = SYMBOL_CAPS);
