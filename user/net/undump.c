// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "lib/data_user.h"
#include "net/undump.h"
#include "net/undump.skel.h"

#define EVENT struct undump_event

static void show_type(struct out *out, const struct column *c, const void *row)
{
	__u32 type = ((const EVENT *)row)->type;

	out_str(out, type == SOCK_STREAM ? "stream" : type == SOCK_DGRAM ? "dgram" : type == SOCK_SEQPACKET ? "packet" : "other");
}

/* Of the abstract namespace with a @, as ss shows it. */
static void show_path(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;
	__u32 n = e->path_len;

	while (n && e->path[0] && !e->path[n - 1])
		n--;
	if (!n) {
		out_nothing(out);
	} else if (!e->path[0]) {
		out_str(out, "@");
		out_bytes(out, e->path + 1, n - 1);
	} else {
		out_bytes(out, e->path, n);
	}
}

static const struct opt opts[] = {
	OPT_HEX,
	OPT_DATA('s', "size", undump),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("fd", EVENT, fd, 4, "descriptor that it was received by", HIDDEN),
	COL("inode", EVENT, inode, 10, "that socket's inode number, as ss shows it", HIDDEN),
	COL_OWN("type", show_type, -6, "kind of socket: stream, dgram or packet"),
	COL_OWN("path", show_path, -20, "what the socket is bound to, or else its peer; @: in the abstract namespace", HIDDEN,
		NEEDS(undump, want_path)),
	COL_DATA(EVENT, "what was received"),
	{}
};

static const struct example examples[] = {
	{ "-p 1234", "what a process receives over local sockets" },
	{ "-n dbus-daemon -x -o +path", "what a message bus is told, as a hex dump, and over which sockets" },
	{ "-s 0 -o +path -d 10", "who receives how much over which sockets; no data" },
	{}
};

TOOL(undump,
	.summary  = "trace what is received over local sockets, with the data",
	.about    = "One line for each read(2), readv(2), recvfrom(2), recvmsg(2) or message of recvmmsg(2) that receives something "
		    "over a local socket (AF_UNIX) of any kind. What is longer than 8 KiB comes in as many rows, as far as "
		    "--size allows; LENGTH is that of all of it.",
	.cost     = "One raw tracepoint at the return of each system call; at each that reads or receives, some reads of kernel "
		    "memory that tell whether it was a local socket.",
	.caveats  = "This shows what other people's programs tell each other. What is only peeked at is not shown, nor what goes "
		    "through io_uring, splice(2) or sendfile(2), and more than eight messages of one recvmmsg(2). Of calls of 32-bit "
		    "programs that receive into several parts only the length is told. A process that receives a descriptor with "
		    "the data is seen by sofdsnoop.",
	.examples = examples, .opts = opts, .columns = columns);
