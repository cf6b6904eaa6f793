// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/hook.h"
#include "lib/ksym.h"
#include "lib/names.h"
#include "lib/sock_user.h"
#include "lib/stack_user.h"
#include "pkt/pktpath.h"
#include "pkt/pktpath.skel.h"

#define EVENT struct pktpath_event
#define REMEMBERED 512	/* packets */
#define FORGOTTEN (5 * SEC_)

static __u32 packets;
static const char *to, *mode;
static bool functions;
static unsigned long here;	/* number of the network namespace with programs of its own; 0: none */
static int sender = -1;

static const struct function {
	const char *name, *program;
	__u32 stop;
} table[] = {
	{ "packet_rcv", "on_first", PKTPATH_TAP }, { "tpacket_rcv", "on_first", PKTPATH_TAP },
	{ "nf_hook_slow", "on_hook", PKTPATH_NETFILTER },
	{ "ip_rcv", "on_first", PKTPATH_IP }, { "ipv6_rcv", "on_first", PKTPATH_IP },
	{ "lwtunnel_input", "on_first", PKTPATH_LWT_IN },
	{ "ip_local_deliver", "on_first", PKTPATH_LOCAL }, { "ip6_input", "on_first", PKTPATH_LOCAL },
	{ "tcp_v4_rcv", "on_first", PKTPATH_TRANSPORT }, { "tcp_v6_rcv", "on_first", PKTPATH_TRANSPORT },
	{ "udp_rcv", "on_first", PKTPATH_TRANSPORT }, { "udpv6_rcv", "on_first", PKTPATH_TRANSPORT },
	{ "skb_consume_udp", "on_read_udp", PKTPATH_READ },
	{ "ip_forward", "on_first", PKTPATH_FORWARD }, { "ip6_forward", "on_first", PKTPATH_FORWARD },
	{ "ip_output", "on_third", PKTPATH_OUTPUT }, { "ip6_output", "on_third", PKTPATH_OUTPUT },
	{ "lwtunnel_output", "on_third", PKTPATH_LWT_OUT }, { "lwtunnel_xmit", "on_first", PKTPATH_LWT_XMIT }, {}
};

/* --- Which packet is it? --- */

static struct packet {
	struct flow flow;
	__u64 skb, head, last;
	__u32 stamp, number, stop;
	bool ended;	/* that skb has */
} seen[REMEMBERED];
static __u32 n_seen;

static bool same_flow(const struct flow *a, const struct flow *b)
{
	return !memcmp(a->laddr, b->laddr, sizeof(a->laddr)) && !memcmp(a->raddr, b->raddr, sizeof(a->raddr)) && a->lport == b->lport &&
	       a->rport == b->rport;
}

static bool is_incoming(__u32 stop)
{
	return stop <= PKTPATH_RECEIVE;
}

/*
 * A packet is followed by its skb while that lives, by what its clones share, and from a device, or XDP, into the next skb by
 * its headers.
 */
static bool is_it(const struct packet *p, const EVENT *e)
{
	if (e->origin.time - p->last > FORGOTTEN && p->last < e->origin.time)
		return false;
	if (p->stamp != e->stamp)
		return false;
	if (e->skb && p->skb == e->skb && !p->ended)
		return true;
	if (!same_flow(&p->flow, &e->flow))
		return false;
	return (e->head && p->head == e->head && !p->ended) ||
	       (is_incoming(e->stop) && (p->stop == PKTPATH_XMIT || (p->stop == PKTPATH_XDP && e->stop != PKTPATH_XDP)));
}

static struct packet *find(const EVENT *e)
{
	__u32 first = n_seen > REMEMBERED ? n_seen - REMEMBERED : 0;
	struct packet *p;

	for (__u32 i = n_seen; i-- > first;)
		if (is_it(&seen[i % REMEMBERED], e))
			return &seen[i % REMEMBERED];
	if (e->stop == PKTPATH_DONE)	/* of a clone for the kernel's own use, as to ask for a neighbour's address */
		return NULL;
	p = &seen[n_seen++ % REMEMBERED];
	*p = (struct packet){ .number = n_seen, .stamp = e->stamp, .last = e->origin.time };
	return p;
}

/* Of a function its address is told. */
static __u32 stop_at(__u64 address)
{
	const char *name, *module;
	__u64 into;

	if (!ksym_find(address, &name, &module, &into))
		for (const struct function *f = table; f->name; f++)
			if (!strcmp(f->name, name))
				return f->stop;
	return PKTPATH_IP;
}

static bool event(struct run *run, void *data, size_t size)
{
	struct packet *p;
	EVENT *e = data;

	if (e->stop == PKTPATH_IP)
		e->stop = stop_at(e->location);
	p = find(e);
	if (!p)
		return false;
	e->number = p->number;
	e->first = !p->flow.family;
	e->since = e->origin.time > p->last ? e->origin.time - p->last : 0;
	p->last = e->origin.time;
	p->flow = e->flow;
	p->stop = e->stop == PKTPATH_DONE ? p->stop : e->stop;	/* a clone's end is not the packet's */
	if (e->stop == PKTPATH_DONE || e->stop == PKTPATH_DROP)
		p->ended |= p->skb == e->skb;
	else if (e->skb) {
		p->skb = e->skb;
		p->head = e->head ?: p->head;
		p->ended = false;
	}
	if (!*e->name && e->index && e->flow.netns == here)
		if_indextoname(e->index, e->name);
	return !packets || e->number <= packets;
}

/* --- A packet of the tool's own. --- */

static int refuse(const char *why)
{
	err("--send: '%s': %s: an address and a port are wanted, 192.0.2.1:9 or [2001:db8::1]:9", to, why);
	return -EINVAL;
}

/* It has a port that no other packet has: what comes back to it is shown too. */
static int make_sender(struct run *run)
{
	struct pktpath_bpf__rodata *rodata = run->rodata;
	char host[80], *port, *scope;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 }, at;
	struct sockaddr_in four = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	unsigned long number;
	bool is_four;
	int ret = 0;

	snprintf(host, sizeof(host), "%s", to + (*to == '['));
	port = strrchr(host, ':');
	if (!port)
		return refuse("no port");
	*port++ = 0;
	host[strcspn(host, "]")] = 0;
	number = strtoul(port, &port, 10);
	if (*port || !number || number > 65535)
		return refuse("no port");
	four.sin_port = six.sin6_port = htons(number);
	scope = strchr(host, '%');
	if (scope) {
		*scope++ = 0;
		six.sin6_scope_id = if_nametoindex(scope);
	}
	is_four = inet_pton(AF_INET, host, &four.sin_addr) == 1;
	if (!is_four && inet_pton(AF_INET6, host, &six.sin6_addr) != 1)
		return refuse("no address");
	sender = socket(is_four ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sender < 0 || connect(sender, is_four ? (void *)&four : (void *)&six, is_four ? sizeof(four) : sizeof(six)) ||
	    getsockname(sender, (void *)&at, &size)) {
		ret = -errno;
		err("--send: %s: %s", to, strerror(errno));
		return ret;
	}
	rodata->only_protocol = rodata->only_protocol ?: IPPROTO_UDP;
	rodata->sock_port.n = 1;
	rodata->sock_port.range[0].from = rodata->sock_port.range[0].to = ntohs(at.sin6_port);
	if (!run->duration)
		run->duration = SEC_;
	return 0;
}

/* --- Programs of its own. --- */

static unsigned long netns_here(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

static struct bpf_program *own(struct run *run, const char *name)
{
	return bpf_object__find_program_by_name(run->skel->obj, name);
}

static bool with_xdp(void)
{
	return !mode || strcmp(mode, "none");
}

/* What came with later kernels is not tried in vain. */
static void skip_absent(void)
{
	static const struct {
		const char *group, *tracepoint;
	} newer[] = { { "ready", "sk_data_ready" }, { "enqueue", "qdisc_enqueue" }, { "reject", "icmp_send" } };
	static char absent[64];
	struct btf_types *types;
	struct btf_arg args[16];

	if (btf_open(&types, NULL))
		return;
	for (size_t i = 0; i < sizeof(newer) / sizeof(*newer); i++)
		if (btf_tracepoint_args(types, newer[i].tracepoint, args, 16) < 0)
			snprintf(absent + strlen(absent), sizeof(absent) - strlen(absent), " %s", newer[i].group);
	attach_skip(absent);
}

static int choose_programs(struct run *run)
{
	struct pktpath_bpf__rodata *rodata = run->rodata;

	if (mode && strcmp(mode, "native") && strcmp(mode, "generic") && strcmp(mode, "none")) {
		err("--mode: '%s' is none of native, generic and none", mode);
		return -EINVAL;
	}
	if (mode && !hook.interfaces) {
		err("--mode: on which interface? --interface eth0; 'ip link' lists them");
		return -EINVAL;
	}
	skip_absent();
	for (const struct function *f = table; functions && f->name; f++)
		bpf_program__set_autoload(own(run, f->program), true);
	if (!hook.interfaces)
		return 0;
	rodata->own_netns = here = netns_here();
	bpf_program__set_autoload(own(run, "on_xdp"), with_xdp());
	bpf_program__set_autoload(own(run, "on_tap"), true);
	hook_netfilter_load(own(run, "on_netfilter"));
	hook.kind = "tc";
	return hook_setup(run);
}

/* Those that this kernel has; -v tells what it says of the others. */
static int attach_functions(struct run *run)
{
	int n = 0, ret = 0;

	for (const struct function *f = table; f->name && !ret; f++) {
		struct bpf_link *link = bpf_program__attach_kprobe(own(run, f->program), false, f->name);

		n += !!link;
		ret = link ? attach_keep(link) : 0;
	}
	if (!n)
		note("--functions: none can be traced here: %s", strerror(errno));
	return ret;
}

static int attach(struct run *run)
{
	char *list, *save = NULL;
	int ret = 0;

	if (functions)
		ret = attach_functions(run);
	if (!hook.interfaces || ret)
		return ret;
	ret = hook_attach(run);
	list = strdupa(hook.interfaces);
	for (char *name = strtok_r(list, ",", &save); name && !ret; name = strtok_r(NULL, ",", &save)) {
		int index = if_nametoindex(name);

		ret = hook_tap(own(run, "on_tap"), index);
		if (ret >= 0 && with_xdp())
			ret = hook_xdp(own(run, "on_xdp"), index, mode);
		ret = ret < 0 ? ret : 0;
	}
	return ret ?: hook_netfilter(own(run, "on_netfilter"));
}

static int setup(struct run *run)
{
	int ret = 0;

	sock_drop_reasons(run);
	if (to)
		ret = make_sender(run);
	return ret ?: choose_programs(run);
}

static int tick(struct run *run)
{
	if (sender >= 0) {
		if (send(sender, "corekit", 7, 0) < 0)
			note("--send: %s: %s", to, strerror(errno));
		close(sender);
		sender = -1;
	}
	return hook.interfaces ? hook_tick(run) : 0;
}

/* --- What is shown. --- */

static const char *const stops[PKTPATH_STOPS] = {
	[PKTPATH_XDP] = "xdp", [PKTPATH_GRO] = "gro", [PKTPATH_BACKLOG] = "backlog", [PKTPATH_RECEIVE] = "receive", [PKTPATH_TAP] = "tap",
	[PKTPATH_TC] = "tc", [PKTPATH_NETFILTER] = "netfilter", [PKTPATH_IP] = "ip", [PKTPATH_ROUTE] = "route",
	[PKTPATH_LWT_IN] = "lwt-in", [PKTPATH_LOCAL] = "local", [PKTPATH_TRANSPORT] = "transport", [PKTPATH_SOCKET] = "socket",
	[PKTPATH_READY] = "ready",
	[PKTPATH_FULL] = "socket-full", [PKTPATH_READ] = "read", [PKTPATH_FORWARD] = "forward", [PKTPATH_OUTPUT] = "output",
	[PKTPATH_LWT_OUT] = "lwt-out", [PKTPATH_LWT_XMIT] = "lwt-xmit", [PKTPATH_QUEUE] = "queue", [PKTPATH_ENQUEUE] = "enqueue",
	[PKTPATH_DEQUEUE] = "dequeue", [PKTPATH_XMIT] = "xmit", [PKTPATH_REJECT] = "reject", [PKTPATH_DROP] = "drop",
	[PKTPATH_DONE] = "done",
};

static void show_stop(struct out *out, const struct column *c, const void *row)
{
	out_str(out, stops[((const EVENT *)row)->stop]);
}

static void show_source(struct out *out, const struct column *c, const void *row)
{
	sock_addr(out, ((const EVENT *)row)->flow.family, ((const EVENT *)row)->flow.laddr);
}

static void show_destination(struct out *out, const struct column *c, const void *row)
{
	sock_addr(out, ((const EVENT *)row)->flow.family, ((const EVENT *)row)->flow.raddr);
}

static void show_protocol(struct out *out, const struct column *c, const void *row)
{
	sock_protocol(out, ((const EVENT *)row)->protocol);
}

static void show_reason(struct out *out, const struct column *c, const void *row)
{
	sock_drop_reason(out, ((const EVENT *)row)->reason);
}

static void show_location(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->stop == PKTPATH_DROP)
		sock_drop_location(out, e->location);
	else
		out_nothing(out);
}

static void show_verdict(struct out *out, const struct column *c, const void *row)
{
	static const char *const hooks[] = { "prerouting", "input", "forward", "output", "postrouting" };
	const EVENT *e = row;
	const char *name;

	switch (e->stop) {
	case PKTPATH_XDP:
		out_str(out, "XDP_PASS");
		break;
	case PKTPATH_TC:
		out_str(out, "TC_ACT_UNSPEC");
		break;
	case PKTPATH_NETFILTER:
		if ((__u32)e->result < sizeof(hooks) / sizeof(*hooks))
			out_str(out, hooks[e->result]);
		else
			out_u64(out, e->result);
		break;
	case PKTPATH_ROUTE:
		name = e->result ? names_errno(-e->result) : "found";
		out_str(out, name ?: "refused");
		break;
	case PKTPATH_READ:
		out_printf(out, "%d bytes", e->result);
		break;
	case PKTPATH_REJECT:
		out_printf(out, "ICMP %d/%d", e->result >> 8, e->result & 0xff);
		break;
	case PKTPATH_DROP:
		sock_drop_reason(out, e->reason);
		break;
	default:
		out_nothing(out);
	}
}

static void show_id(struct out *out, const struct column *c, const void *row)
{
	out_printf(out, "%llx", ((const EVENT *)row)->skb);
}

static void end(struct out *out, __u32 family, const __u32 *address, __u16 port)
{
	sock_addr(out, family, address);
	if (port)
		out_printf(out, " %u", port);
}

/* The ends are told once for each packet, and again when they change. */
static void show_flow(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (!e->first && out_is_text(out))
		return;
	sock_protocol(out, e->protocol);
	out_str(out, " ");
	end(out, e->flow.family, e->flow.laddr, e->flow.lport);
	out_str(out, " > ");
	end(out, e->flow.family, e->flow.raddr, e->flow.rport);
}

static int parse_protocol(struct run *run, const char *arg, void *value)
{
	static const struct {
		const char *name;
		__u32 number;
	} names[] = { { "icmp", 1 }, { "tcp", 6 }, { "udp", 17 }, { "icmp6", 58 }, { "icmpv6", 58 }, { "sctp", 132 } };
	char *rest;
	unsigned long n = strtoul(arg, &rest, 10);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcasecmp(arg, names[i].name)) {
			*(__u32 *)value = names[i].number;
			return 0;
		}
	if (*rest || rest == arg || !n || n > 255) {
		err("--proto: '%s' is no protocol: tcp, udp, icmp, icmp6, sctp or a number from 1 to 255", arg);
		return -EINVAL;
	}
	*(__u32 *)value = n;
	return 0;
}

static const struct opt opts[] = {
	{ .letter = 'I', .name = "interface", .arg = "NAMES", .value = V_CHARS, .here = &hook.interfaces, .complete = "interface",
	  .help = "also by programs of its own at these interfaces: XDP, tc, a packet socket, netfilter" },
	{ .letter = 'm', .name = "mode", .arg = "MODE", .value = V_CHARS, .here = &mode, .complete = "native generic none",
	  .help = "... with XDP native (the default), generic, or not at all (none)" },
	OPT('4', "ipv4", NULL, pktpath, sock_ipv4, "only IPv4"),
	OPT('6', "ipv6", NULL, pktpath, sock_ipv6, "only IPv6"),
	OPT(0, "proto", "PROTO", pktpath, only_protocol, "only this protocol: tcp, udp, icmp, icmp6, a number", .parse = parse_protocol),
	OPT(0, "sport", "PORTS", pktpath, sock_lport, "only from these ports: 80,8000-8080", .parse = sock_ports),
	OPT(0, "dport", "PORTS", pktpath, sock_rport, "only to these ports", .parse = sock_ports),
	OPT('P', "port", "PORTS", pktpath, sock_port, "only from or to these ports", .parse = sock_ports),
	OPT(0, "src", "NETS", pktpath, sock_laddr, "only from these addresses or networks: 10.0.0.0/8,::1", .parse = sock_nets),
	OPT(0, "dst", "NETS", pktpath, sock_raddr, "only to these addresses or networks", .parse = sock_nets),
	OPT(0, "addr", "NETS", pktpath, sock_addr, "only from or to these addresses or networks", .parse = sock_nets),
	{ .name = "packets", .arg = "COUNT", .value = V_U32, .min = 1, .max = 1U << 31, .here = &packets,
	  .help = "only the first so many packets" },
	{ .name = "send", .arg = "ADDRESS:PORT", .value = V_CHARS, .here = &to,
	  .help = "send a UDP datagram there, and show only it, what becomes of it and what comes back, for a second" },
	OPT(0, "tunnels", NULL, pktpath, tunnels, "also what is in a tunnel, where the kernel keeps the inner header's place"),
	{ .letter = 'F', .name = "functions", .value = V_BOOL, .here = &functions,
	  .help = "also in functions of the kernel, as far as it has them: ip, netfilter, lwt, local, transport, forward, output" },
	{}
};

static const struct column columns[] = {
	COL_AS(L_TIME, "time", EVENT, origin.time, -12, "when it was there", HIDDEN),
	COL("packet", EVENT, number, 6, "number of the packet, as they were first seen"),
	COL_NSEC("after", "us", EVENT, since, 9, "time since its stop before"),
	COL("cpu", EVENT, origin.cpu, 3, "processor"),
	COL("netns", EVENT, flow.netns, 10, "network namespace", HIDDEN, BLANK),
	COL("interface", EVENT, name, -10, "network interface", BLANK),
	COL("index", EVENT, index, 5, "its number", HIDDEN, BLANK),
	COL_OWN("stop", show_stop, -11, "where it is: see above"),
	COL_OWN("verdict", show_verdict, -15, "netfilter: the hook; route: found or not; drop: the kernel's reason; read: how much"),
	COL_OWN("proto", show_protocol, -7, "what is in IP", HIDDEN),
	COL_OWN("src", show_source, -15, "address that it comes from", HIDDEN),
	COL("sport", EVENT, flow.lport, 5, "its port", HIDDEN, BLANK),
	COL_OWN("dst", show_destination, -15, "address that it goes to", HIDDEN),
	COL("dport", EVENT, flow.rport, 5, "its port", HIDDEN, BLANK),
	COL("ttl", EVENT, ttl, 3, "how many more routers it may pass", HIDDEN),
	COL("length", EVENT, length, 6, "of what the kernel has of it there", HIDDEN),
	COL_AS(L_HEX, "mark", EVENT, mark, 10, "the kernel's mark of it", HIDDEN),
	COL_OWN("reason", show_reason, -18, "drop: the kernel's own word for why; since 5.17", HIDDEN),
	COL_OWN("location", show_location, -24, "drop: where in the kernel", HIDDEN),
	COL_OWN("skb", show_id, 16, "address of the kernel's struct", HIDDEN),
	COL_OWN("flow", show_flow, 0, "from whom to whom; in text, at a packet's first stop"),
	{}
};

static const struct example examples[] = {
	{ "--send 192.0.2.1:9", "where a datagram goes, and what becomes of it" },
	{ "-F --proto tcp -P 443 --packets 10", "the first ten packets of HTTPS" },
	{ "-I eth0 --src 192.0.2.0/24 -o +netns", "what comes from a network, from XDP on, across namespaces" },
	{ "--dst 10.0.0.5 -j -o +src,dst,reason,location", "as JSON lines, with reasons" },
	{}
};

TOOL(pktpath,
	.summary  = "follow packets through XDP, tc, netfilter, routing and sockets",
	.about    = "A line for each place in the kernel that a packet passes: on its way in, xdp, gro, backlog (of a CPU), receive, "
		    "tap (where tcpdump sees it), tc, ip, netfilter, route, lwt-in, local, transport (TCP, UDP), socket, ready (for "
		    "who reads it), socket-full, read (by a process); on its way out, forward, output, lwt-out, lwt-xmit, queue, "
		    "enqueue and dequeue (of a qdisc), xmit (to the device); at its end, reject (with ICMP), drop with the reason, "
		    "done. A packet has one number all the way, also from one namespace into another, as a clone, and when its "
		    "addresses are translated.",
	.cost     = "Fifteen tracepoints, with --functions nineteen functions by kprobes, of which each packet passes some: its headers "
		    "are read and compared there, and a record is made of those that are wanted.",
	.caveats  = "xdp, tap and tc are seen only on the interfaces of --interface, in this network namespace, by programs that let all "
		    "pass; so is netfilter, since 6.4. tap and netfilter are with --functions seen everywhere. What is sent has been "
		    "routed before there is a packet. What a socket has read may be let go without a word, and without --functions a "
		    "short datagram is read so. Later pieces of fragmented packets have no ports, nor has IPv6 behind extension headers. "
		    "Without filters all packets are shown, those that the output itself makes too.",
	.optional = "enqueue reject full socket ready route4 route6 dequeue", .caps = 1ULL << CAP_NET_RAW, .keep_caps = SYMBOL_CAPS,
	.packets  = true, .examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .tick = tick,
	.event    = event);
