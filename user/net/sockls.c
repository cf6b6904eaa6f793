// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/sock_user.h"
#include "net/sockls.h"
#include "net/sockls.skel.h"

#define ROW struct sockls_row

static struct {
	ROW *row;
	size_t n, room;
} all;
static bool each_holder;

static int add(void *ctx, const void *row)
{
	if (all.n == all.room) {
		size_t room = all.room ? 2 * all.room : 256;
		ROW *more = realloc(all.row, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		all.row = more;
		all.room = room;
	}
	memcpy(&all.row[all.n++], row, sizeof(ROW));
	return 0;
}

/* By socket; of one socket those who have it first, by process and descriptor. */
static int by_socket(const void *a, const void *b)
{
	const ROW *x = a, *y = b;

	if (x->sk != y->sk)
		return x->sk < y->sk ? -1 : 1;
	if (!x->pid != !y->pid)
		return x->pid ? -1 : 1;
	return x->pid != y->pid ? (x->pid < y->pid ? -1 : 1) : (int)x->fd - (int)y->fd;
}

/* One row a socket, or one a descriptor; what the kernel's own list tells of those that have an owner is left out. */
static void merge(void)
{
	size_t n = 0, first = 0;

	if (all.n)
		qsort(all.row, all.n, sizeof(*all.row), by_socket);
	for (size_t i = 0; i < all.n; i++) {
		ROW *r = &all.row[i];
		bool same = n && all.row[first].sk == r->sk;

		if (!same)
			first = n;
		if (same && all.row[n - 1].pid != r->pid && r->pid)
			all.row[first].holders++;
		if (!same || (each_holder && r->pid && (all.row[n - 1].pid != r->pid || all.row[n - 1].fd != r->fd))) {
			all.row[n] = *r;
			all.row[n++].holders = r->pid && !same;
		}
	}
	for (size_t i = 1; i < n; i++)
		if (all.row[i].sk == all.row[i - 1].sk)
			all.row[i].holders = all.row[i - 1].holders;
	all.n = n;
}

static int of_nobody(struct sockls_bpf *skel)
{
	return attach_read(skel->progs.of_tcp, sizeof(ROW), add, NULL) ?:
	       attach_read(skel->progs.of_udp, sizeof(ROW), add, NULL);
}

static __u32 namespace_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/* Those that no process has, of each network namespace that one of the sockets is in. */
static int in_namespaces(struct sockls_bpf *skel)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), ret = of_nobody(skel), hidden = 0;
	size_t n = all.n, done = 0;
	__u32 *known = calloc(n + 1, sizeof(*known));
	char path[48];

	if (known)
		known[done++] = namespace_of("/proc/self/ns/net");
	for (size_t i = 0; i < n && known && !ret; i++) {
		size_t j = done;
		int fd;

		while (j && known[j - 1] != all.row[i].flow.netns)
			j--;
		if (j || !all.row[i].pid)
			continue;
		snprintf(path, sizeof(path), "/proc/%u/ns/net", all.row[i].pid);
		if (namespace_of(path) != all.row[i].flow.netns)
			continue;	/* it has gone elsewhere, and left its socket there; another one may not have */
		known[done++] = all.row[i].flow.netns;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && !setns(fd, CLONE_NEWNET))
			ret = of_nobody(skel);
		else
			hidden++;
		if (fd >= 0)
			close(fd);
	}
	if (home >= 0 && done > 1 && setns(home, CLONE_NEWNET))
		ret = ret ?: -errno;
	if (home >= 0)
		close(home);
	if (hidden)
		note("%d network namespaces can't be entered: of them, only sockets that processes have are shown", hidden);
	ret = known ? ret : -ENOMEM;
	free(known);
	return ret;
}

static int attach(struct run *run)
{
	struct sockls_bpf *skel = (void *)run->skel;
	bool owners_only = run->common->cgroups || run->common->filters & ~ONLY_NETNS;
	int ret;

	all.n = 0;
	ret = attach_read(skel->progs.of_processes, sizeof(ROW), add, NULL);
	if (!ret && !owners_only)
		ret = in_namespaces(skel);
	merge();
	return ret;
}

static const struct column *sort_by;

static int in_order(const void *a, const void *b)
{
	const ROW *x = a, *y = b;
	long long one, other;

	if (sort_by) {
		one = out_number(sort_by, x);
		other = out_number(sort_by, y);
		if (one != other)
			return one < other ? 1 : -1;
	}
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->state != y->state)
		return x->state == 10 ? -1 : y->state == 10 ? 1 : x->state < y->state ? -1 : 1;	/* TCP_LISTEN */
	if (x->flow.lport != y->flow.lport)
		return x->flow.lport < y->flow.lport ? -1 : 1;
	return x->inode != y->inode ? (x->inode < y->inode ? -1 : 1) : by_socket(a, b);
}

static int show(struct run *run)
{
	sort_by = run->sort ? out_find(run, run->sort) : NULL;
	if (all.n)
		qsort(all.row, all.n, sizeof(*all.row), in_order);
	out_header(run);
	for (size_t i = 0; i < all.n && (!run->rows || i < run->rows); i++)
		out_row(run, &all.row[i]);
	return 0;
}

static void show_protocol(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->flow.family && r->kind != KIND_RAW)
		sock_protocol(out, r->protocol);
	else if (r->kind == KIND_OTHER)
		out_printf(out, "family %u", r->family);
	else
		out_str(out, r->kind == KIND_RAW ? "RAW" : r->kind == KIND_UNIX ? "UNIX" : r->kind == KIND_NETLINK ? "NETLINK" :
			     r->kind == KIND_PACKET ? "PACKET" : "VSOCK");
}

static void show_type(struct out *out, const struct column *c, const void *row)
{
	static const char *const names[] = { [1] = "STREAM", [2] = "DGRAM", [3] = "RAW", [4] = "RDM", [5] = "SEQPACKET" };
	__u32 type = ((const ROW *)row)->type;

	if (type < sizeof(names) / sizeof(*names) && names[type])
		out_str(out, names[type]);
	else
		out_u64(out, type);
}

/* What is no stream has no states; the kernel uses two of TCP's for it. */
static void show_state(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->state == 7 && r->kind != KIND_TCP)
		out_str(out, "UNCONNECTED");
	else
		sock_state(out, r->state);
}

static void path(struct out *out, const char *name, __u32 n)
{
	if (!n) {
		out_nothing(out);
		return;
	}
	if (!*name)
		out_bytes(out, "@", 1);		/* as everybody writes abstract names */
	out_bytes(out, name + !*name, *name ? strnlen(name, n) : n - 1);
}

static void show_local(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->flow.family)
		sock_show_local(out, c, row);
	else
		path(out, r->path, r->path_len);
}

static void show_remote(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (!r->flow.family)
		path(out, r->peer, r->peer_len);
	else if (r->flow.rport || r->flow.raddr[0] || r->flow.raddr[1] || r->flow.raddr[2] || r->flow.raddr[3])
		sock_show_remote(out, c, row);
	else
		out_nothing(out);
}

static void show_addr(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;
	bool remote = c->offset == offsetof(ROW, flow.raddr);

	if (r->flow.family)
		sock_addr(out, r->flow.family, remote ? r->flow.raddr : r->flow.laddr);
	else
		out_nothing(out);
}

static void show_fd(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->pid)
		out_u64(out, r->fd);
	else
		out_nothing(out);
}

struct word {
	const char *name;
	__u32 bits;
};

/* "established,listen": the bits of all of them. */
static int parse_words(const char *arg, const struct word *words, const char *what, const char *use, void *to)
{
	char *copy = strdup(arg), *rest = copy, *word;
	int ret = copy ? 0 : -ENOMEM;
	__u32 bits = 0;

	while (!ret && (word = strsep(&rest, ","))) {
		const struct word *w = words;

		for (char *at = word; *at; at++)
			*at = *at == '-' ? '_' : *at;
		while (w->name && strcasecmp(w->name, word))
			w++;
		if (!w->name) {
			err("'%s' is no %s: use %s", word, what, use);
			ret = -EINVAL;
		}
		bits |= w->bits;
	}
	free(copy);
	memcpy(to, &bits, sizeof(bits));
	return ret;
}

/* As ss has them. */
static int parse_states(struct run *run, const char *arg, void *to)
{
	enum { NOT_BUCKETS = ~(1 << 3 | 1 << 6), CONNECTED = ~(1 << 7 | 1 << 10) };
	static const struct word words[] = {
		{ "established", 1 << 1 }, { "syn_sent", 1 << 2 }, { "syn_recv", 1 << 3 }, { "fin_wait1", 1 << 4 },
		{ "fin_wait2", 1 << 5 }, { "fin_wait_1", 1 << 4 }, { "fin_wait_2", 1 << 5 }, { "time_wait", 1 << 6 },
		{ "close", 1 << 7 }, { "closed", 1 << 7 }, { "unconnected", 1 << 7 }, { "close_wait", 1 << 8 },
		{ "last_ack", 1 << 9 }, { "listen", 1 << 10 }, { "listening", 1 << 10 }, { "closing", 1 << 11 },
		{ "all", -1 }, { "connected", CONNECTED }, { "synchronized", CONNECTED & ~(1 << 2) },
		{ "bucket", ~NOT_BUCKETS }, { "big", NOT_BUCKETS }, {}
	};

	return parse_words(arg, words, "state", "established, listen, time-wait ..., or connected, synchronized, bucket, big", to);
}

static int parse_kinds(struct run *run, const char *arg, void *to)
{
	static const struct word words[] = {
		{ "tcp", KIND_TCP }, { "udp", KIND_UDP }, { "raw", KIND_RAW },
		{ "inet", KIND_TCP | KIND_UDP | KIND_RAW | KIND_INET }, { "unix", KIND_UNIX }, { "netlink", KIND_NETLINK },
		{ "packet", KIND_PACKET }, { "vsock", KIND_VSOCK }, { "all", -1 }, {}
	};

	return parse_words(arg, words, "kind of socket", "tcp, udp, raw, inet, unix, netlink, packet, vsock or all", to);
}

static const struct opt opts[] = {
	OPT('A', "socket", "KINDS", sockls, kinds, "these kinds: tcp, udp, raw, inet (the default: all of the internet), unix, "
	    "netlink, packet, vsock, all", .parse = parse_kinds, .complete = "tcp udp raw inet unix netlink packet vsock all"),
	OPT('l', "listening", NULL, sockls, listening_only, "only those that listen, or are bound and not connected"),
	OPT('s', "state", "STATES", sockls, states, "only these states: established,time-wait ..., or connected, synchronized, "
	    "bucket, big, as ss has them", .parse = parse_states,
	    .complete = "established syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait close close-wait last-ack listen closing "
	    "connected synchronized bucket big all"),
	{ .letter = 'e', .name = "each", .help = "a row for each descriptor of each process that has the socket",
	  .value = V_BOOL, .here = &each_holder },
	OPT_FLOW(sockls),
	{}
};

static const struct column columns[] = {
	COL("pid", ROW, pid, 7, "process that has it, the first of several; nothing: none has", BLANK),
	COL("comm", ROW, comm, -12, "its command name", BLANK),
	COL_OWN("fd", show_fd, 4, "its descriptor", HIDDEN, .bare_json = true),
	COL("holders", ROW, holders, 7, "how many processes have it, of those that pass the filters", HIDDEN),
	COL_AS(L_USER, "user", ROW, uid, -8, "the socket's user", HIDDEN),
	COL("uid", ROW, uid, 6, "the socket's user id", HIDDEN),
	COL_AS(L_CGROUP, "cgroup", ROW, cgroup, -24, "cgroup v2 path that it was made in", HIDDEN, BLANK, WANTS(want_cgroup)),
	COL_OWN("protocol", show_protocol, -8, "TCP, UDP, UNIX, or what else it is"),
	COL_OWN("type", show_type, -9, "STREAM, DGRAM, RAW, SEQPACKET", HIDDEN),
	COL_OWN("state", show_state, -11, "its state; UNCONNECTED where it has none"),
	COL("receive", ROW, receive, 7, "bytes to be read; of a listener, connections to be accepted; of a local socket, messages"),
	COL("send", ROW, send, 7, "bytes that the other side has not acknowledged; of a listener, connections that may wait"),
	COL_OWN("local", show_local, -21, "local address and port, or name", .offset = offsetof(ROW, flow)),
	COL_OWN("remote", show_remote, -21, "remote address and port, or name", .offset = offsetof(ROW, flow)),
	COL_OWN("laddr", show_addr, -13, "local address", HIDDEN, .offset = offsetof(ROW, flow.laddr)),
	COL("lport", ROW, flow.lport, 5, "local port", HIDDEN),
	COL_OWN("raddr", show_addr, -13, "remote address", HIDDEN, .offset = offsetof(ROW, flow.raddr)),
	COL("rport", ROW, flow.rport, 5, "remote port", HIDDEN),
	COL_NSEC("rtt", "ms", ROW, rtt, 8, "smoothed round-trip time", HIDDEN, BLANK),
	COL_NSEC("rttvar", "ms", ROW, rttvar, 8, "its mean deviation", HIDDEN, BLANK),
	COL("retransmits", ROW, retransmits, 11, "segments sent again", HIDDEN),
	COL("cwnd", ROW, cwnd, 6, "congestion window, segments", HIDDEN, BLANK),
	COL("unacked", ROW, unacked, 7, "segments on their way", HIDDEN),
	COL("inode", ROW, inode, 10, "its inode number, as /proc has it", HIDDEN, BLANK),
	COL("netns", ROW, flow.netns, 10, "network namespace", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "all sockets of the internet, in all network namespaces, with who has them" },
	{ "-l", "what can be reached from outside, and who serves it" },
	{ "-s connected -o +rtt,retransmits --sort retransmits", "connections, those that lose most first" },
	{ "-A tcp -s time-wait -D 443", "connections to port 443 that wait to be forgotten" },
	{ "-A unix -p 1 -o comm,fd,state,local,remote", "init's local sockets" },
	{ "-A all -e -j", "everything, a row for each descriptor, as JSON lines" },
	{}
};

TOOL(sockls,
	.summary  = "list sockets: who has them, their state, queues and round-trip times",
	.about    = "One row for each socket, of all network namespaces at once, with the process that has it, its "
		    "state, what waits in its queues, and for TCP its round-trip time and retransmits. Sockets that "
		    "no process has (any more, or yet) are there as well: connections in TIME_WAIT or being closed, "
		    "and those that wait to be accepted.",
	.cost     = "Three of the kernel's iterators, run once: a call for each open file of the machine and each "
		    "TCP and UDP socket. Nothing stays attached.",
	.caveats  = "It is no picture of one moment: sockets come and go while they are read. With a filter on "
		    "processes, those that none has are not shown; of network namespaces in which no process has a "
		    "socket, and of protocols other than TCP and UDP, they never are. What the queues of UDP hold, "
		    "and what a local socket has sent, is counted with the kernel's overhead.",
	.examples = examples, .opts = opts, .columns = columns, .attach = attach, .show = show, .once = true,
	.table    = { .sort = "receive", .size = sizeof(ROW), .value_at = offsetof(ROW, rtt) });
