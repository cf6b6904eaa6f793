// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "lib/filter.h"
#include "lib/hook.h"
#include "lib/names.h"
#include "lib/sock_user.h"
#include "pkt/sockredir.h"
#include "pkt/sockredir.skel.h"

#define PATIENCE 2000	/* ms that the end waits for readers */

struct row {
	struct flow key;
	struct sockredir_value value;
};

static const char *cgroup;
static struct sockredir_bpf *skel;

/* --- Its end: first nothing more is redirected, then each socket leaves the map when what waits in it has been read. --- */

enum { ITERATOR = 2, MAP };	/* the guard's descriptors */

/* How many sockets remain; -errno. */
static int release_idle(void)
{
	struct sockredir_left left[64];
	int fd = bpf_iter_create(ITERATOR), n = 0;
	size_t have = 0;
	ssize_t got = -1;

	while (fd >= 0 && ((got = read(fd, (char *)left + have, sizeof(left) - have)) > 0 || (got < 0 && errno == EAGAIN))) {
		have += got > 0 ? got : 0;
		if (have % sizeof(*left))
			continue;
		for (size_t i = 0; i < have / sizeof(*left); i++)
			n += left[i].idle < SOCKREDIR_IDLE || (bpf_map_delete_elem(MAP, &left[i].flow) && errno != ENOENT);
		have = 0;
	}
	got = got < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return got ?: n;
}

static void nap(long ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

/* By the guard. A sender may just be on its way with what was redirected: so nothing may wait for a while. */
static int release_all(int first)
{
	long pause = 50;
	char byte;
	int n;

	while (read(0, &byte, 1) > 0)
		;
	skel->bss->stopping = true;
	while ((n = release_idle()) > 0) {
		nap(pause);
		pause = pause < 400 ? pause * 9 / 8 : pause;
	}
	return n;
}

static void end(void)
{
	int ret = guard_end_within(PATIENCE);

	if (ret > 0)
		note("what was redirected is not all read yet: process %d (corekit-guard) stays until it is", ret);
	else if (ret)
		err("sockets can't be taken out of the map: %s: they stay redirected until they are closed", strerror(-ret));
}

/* --- Its begin. --- */

static int setup(struct run *run)
{
	struct sockredir_bpf *s = (void *)run->skel;
	struct bpf_program *const by_hand[] = { s->progs.on_socket_event, s->progs.on_message, s->progs.on_left };

	run->common->want_netns = 1;	/* of two namespaces, flows may be the same */
	for (unsigned int i = 0; i < sizeof(by_hand) / sizeof(*by_hand); i++)
		bpf_program__set_autoattach(by_hand[i], false);
	if (run->max_entries)
		return bpf_map__set_max_entries(s->maps.sockets, run->max_entries) ?:
		       bpf_map__set_max_entries(s->maps.flows, run->max_entries);
	return 0;
}

static int start_guard(void)
{
	union bpf_iter_link_info info = { .map.map_fd = bpf_map__fd(skel->maps.sockets) };
	LIBBPF_OPTS(bpf_link_create_opts, opts, .iter_info = &info, .iter_info_len = sizeof(info));
	int link = bpf_link_create(bpf_program__fd(skel->progs.on_left), 0, BPF_TRACE_ITER, &opts);

	if (link < 0)
		return link;
	attach_at_end(end);
	return attach_keep_fd(link) ?: guard_fork(release_all, (int[]){ link, bpf_map__fd(skel->maps.sockets) }, 2);
}

static int attach(struct run *run)
{
	int ret;

	skel = (void *)run->skel;
	ret = bpf_prog_attach(bpf_program__fd(skel->progs.on_message), bpf_map__fd(skel->maps.sockets), BPF_SK_MSG_VERDICT, 0);
	ret = ret ?: start_guard();
	if (ret)
		err("the map of sockets: %s%s", strerror(-ret), ret == -EPERM ? ": run it as root" : "");
	return ret ?: filter_cgroup_attach(skel->progs.on_socket_event, cgroup);
}

/* --- Columns. --- */

static void show_why(struct out *out, const struct column *c, const void *data)
{
	static const char *const words[] = {
		[SOCKREDIR_ALONE] = "other end not seen", [SOCKREDIR_EARLY] = "began before", [SOCKREDIR_SLOW] = "slow reader",
		[SOCKREDIR_CLOSING] = "other end closing", [SOCKREDIR_GONE] = "other end gone",
	};
	const struct sockredir_value *value = &((const struct row *)data)->value;

	if (value->why == SOCKREDIR_REFUSED)
		out_printf(out, "refused: %s", names_errno(value->error) ?: "?");
	else if (value->why < sizeof(words) / sizeof(*words) && words[value->why])
		out_str(out, words[value->why]);
	else
		out_nothing(out);
}

static const struct opt opts[] = {
	{ .letter = 'c', .name = "cgroup", .arg = "PATH", .value = V_CHARS, .here = &cgroup, .complete = "cgroup",
	  .help = "only sockets made in this cgroup (v2), with all below it, at both ends; / unless told" },
	OPT(0, "room", "SIZE", sockredir, room, "what may wait for a reader before the rest goes by TCP (16m)", .unit = UNIT_SIZE,
	    .min = 65536, .max = 1ULL << 40),
	OPT('4', "ipv4", NULL, sockredir, sock_ipv4, "only IPv4"),
	OPT('6', "ipv6", NULL, sockredir, sock_ipv6, "only IPv6"),
	OPT('P', "port", "PORTS", sockredir, sock_port, "only these ports, on either end: 80,8000-8080", .parse = sock_ports),
	OPT(0, "addr", "NETS", sockredir, sock_addr, "only these addresses or networks, on either end: 127.0.0.0/8,::1",
	    .parse = sock_nets),
	{}
};

static const struct column columns[] = {
	COL_FLOW(struct row, key),
	COL("messages", struct row, value.messages, 10, "what the local end sent and the other's socket got at once: how often"),
	COL_AS(L_SIZE, "bytes", struct row, value.bytes, 8, "... and how much"),
	COL("tcp", struct row, value.tcp_messages, 10, "what it sent by TCP: how often"),
	COL_AS(L_SIZE, "tcpbytes", struct row, value.tcp_bytes, 8, "... and how much"),
	COL_OWN("why", show_why, -18, "why by TCP: the other end's socket is not of this cgroup, or something was sent before it was "
		"there; too much waits for its reader; it is closing; or the kernel refused this end's"),
	{}
};

static const struct example examples[] = {
	{ "", "splice all TCP connections of this host to itself that begin from now on, and show what they send" },
	{ "-P 5432 -c app.slice", "only those to a database, of one cgroup" },
	{ "-4 --addr 127.0.0.0/8 -i 10 -j", "over IPv4's loopback addresses, every ten seconds, as JSON" },
	{}
};

TOOL(sockredir,
	.summary  = "splice local TCP connections through a sockmap, past TCP and IP",
	.about    = "While it runs, what one end of a connection sends goes straight into the other's queue, if both ends are of the "
		    "same network namespace on this host: a program of SOCK_OPS puts the sockets of new connections into a SOCKHASH, "
		    "one of SK_MSG redirects what is written. A row for each direction: what took that way and what went by TCP, and "
		    "why. A direction is redirected from its first byte on, or else goes by TCP to its end, so that nothing is "
		    "overtaken; connections that were there before stay as they are. When the tool ends, by whatever signal, "
		    "connections go on by TCP: what was redirected is left to its readers first, by a process (corekit-guard) that "
		    "stays as long as that takes.",
	.cost     = "For each message two or three hash tables are looked up, for which TCP and IP, their segments, "
		    "acknowledgements and timers aren't run.",
	.caveats  = "It acts, where other tools watch. What is redirected is no packet: tcpdump, netfilter, tc and TCP's counters see "
		    "only how the connection begins and ends. On such a socket, MSG_WAITALL may return less than was asked for, splice(2) "
		    "from it and FIONREAD know nothing of what was redirected, and urgent data is not urgent. Where one "
		    "end has the kernel do TLS and the other doesn't, leave its port out: this was never tried. If the "
		    "process that stays is killed as well, connections that are redirected remain so until they end.",
	.packets  = true, .state = "ends", .caps = 1ULL << CAP_NET_ADMIN | 1ULL << CAP_SYS_ADMIN,
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach,
	.table    = ROWS("flows", struct row, "bytes", .screen = true, .adds = offsetof(struct sockredir_value, why)));
