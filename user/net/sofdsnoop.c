// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <sys/stat.h>
#include "lib/path_user.h"
#include "lib/tool.h"
#include "net/sofdsnoop.h"
#include "net/sofdsnoop.skel.h"

#define EVENT struct sofdsnoop_event

static void show_action(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->received ? "recv" : "send");
}

/* As /proc/PID/fd has it. */
static void show_name(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (S_ISSOCK(e->mode))
		out_printf(out, "socket:[%llu]", e->inode);
	else if (S_ISFIFO(e->mode) && e->names_len < 2)
		out_printf(out, "pipe:[%llu]", e->inode);
	else
		path_write(out, e->names, e->names_len, e->cut);
}

static int setup(struct run *run)
{
	struct sofdsnoop_bpf__rodata *rodata = run->rodata;

	if (rodata->sent_only && rodata->received_only) {
		err("--sent and --received exclude each other: give one of them");
		return -EINVAL;
	}
	return path_setup(run, (struct path_offsets *)&rodata->path_offsets);
}

static const struct opt opts[] = {
	OPT('s', "sent", NULL, sofdsnoop, sent_only, "only those that are sent"),
	OPT('R', "received", NULL, sofdsnoop, received_only, "only those that are received"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("action", show_action, -6, "send or recv"),
	COL("socket", EVENT, socket, 6, "descriptor of the local socket that it goes through"),
	COL("inode", EVENT, socket_inode, 10, "that socket's inode number", HIDDEN),
	COL("number", EVENT, number, 6, "which one of the message it is, from 1", HIDDEN),
	COL("of", EVENT, of, 3, "how many the message has", HIDDEN),
	COL("fd", EVENT, fd, 5, "descriptor that is passed, by its number in this process"),
	COL_OWN("name", show_name, 0, "path of its file, or what else it is"),
	{}
};

static const struct example examples[] = {
	{ "", "each descriptor that a process passes to another, or gets from one" },
	{ "-R -u alice -T", "those that alice's processes get, with the time" },
	{ "-n systemd -o +inode,number,of", "those of a program, with the socket that they go through" },
	{}
};

TOOL(sofdsnoop,
	.summary  = "trace file descriptors that are passed over local sockets",
	.about    = "One line for each descriptor that a process sends to another with sendmsg(2) or sendmmsg(2), "
		    "or receives with recvmsg(2) or recvmmsg(2) (SCM_RIGHTS), with the path of its file.",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number; of those four "
		    "what goes beside the message is looked into, and for each descriptor a path is read.",
	.caveats  = "Descriptors that go through io_uring or are taken with pidfd_getfd(2), by 32-bit programs, "
		    "more than eight messages in one sendmmsg(2) or recvmmsg(2), and what stands behind three other "
		    "parts beside a message, are not seen. The message is read as the call returns: one that "
		    "another thread closes meanwhile is left out.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
