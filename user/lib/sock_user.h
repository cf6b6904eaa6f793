/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The user side of bpf/lib/sock.bpf.h: options and columns of tools that show connections. */
#ifndef SOCK_USER_H
#define SOCK_USER_H

#include "lib/tool.h"
#include "lib/sock.h"

/* .parse of options: "10.0.0.0/8" to a struct sock_net, a list of them, "80,8000-8080" to a struct sock_ports */
int sock_net(struct run *run, const char *arg, void *to);
int sock_nets(struct run *run, const char *arg, void *to);
int sock_ports(struct run *run, const char *arg, void *to);
int sock_proto(struct run *run, const char *arg, void *to);	/* "udp", "17", to a __u32 */
void sock_addr(struct out *out, __u32 family, const __u32 *addr);
int sock_owners(struct run *run);	int sock_transfers(struct run *run);	/* .setup of a tool with lib/transfer.bpf.h */
/* .setup of a tool with lib/owner.bpf.h that wants to know whose sockets are ... */
int sock_owners_meet(struct run *run);	/* ... that were there before, and its .attach */
int sock_owners_filtered(struct run *run);	/* .setup of one that wants to know it only where filters ask */
void sock_protocol(struct out *out, __u32 protocol);		/* "TCP" */
void sock_state(struct out *out, __u32 state);			/* "ESTABLISHED" */

/* The kernel's own word for why it dropped a packet, and where; in .setup its words are read. */
void sock_drop_reasons(struct run *run);
void sock_drop_reason(struct out *out, __u32 reason);
void sock_drop_location(struct out *out, __u64 location);

/* For columns: `offset` is that of a struct flow. */
void sock_show_family(struct out *out, const struct column *c, const void *row);
void sock_show_laddr(struct out *out, const struct column *c, const void *row);
void sock_show_raddr(struct out *out, const struct column *c, const void *row);
void sock_show_local(struct out *out, const struct column *c, const void *row);
void sock_show_remote(struct out *out, const struct column *c, const void *row);

#define OPT_FLOW(skel)								\
	OPT('4', "ipv4", NULL, skel, sock_ipv4, "only IPv4"),			\
	OPT('6', "ipv6", NULL, skel, sock_ipv6, "only IPv6"),			\
	OPT('L', "localport", "PORTS", skel, sock_lport, "only these local ports: 80,8000-8080", .parse = sock_ports), \
	OPT('D', "remoteport", "PORTS", skel, sock_rport, "only these remote ports", .parse = sock_ports), \
	OPT('P', "port", "PORTS", skel, sock_port, "only these ports, on either end", .parse = sock_ports), \
	OPT(0, "laddr", "NETS", skel, sock_laddr, "only these local addresses or networks: 10.0.0.0/8,::1", \
	    .parse = sock_nets),						\
	OPT(0, "raddr", "NETS", skel, sock_raddr, "only these remote addresses or networks", .parse = sock_nets), \
	OPT(0, "addr", "NETS", skel, sock_addr, "only these addresses or networks, on either end", .parse = sock_nets)

/* Of packets: l is where one comes from, r where it goes to. */
#define OPT_PACKET(skel)							\
	OPT('4', "ipv4", NULL, skel, sock_ipv4, "only IPv4"),			\
	OPT('6', "ipv6", NULL, skel, sock_ipv6, "only IPv6"),			\
	OPT(0, "proto", "PROTO", skel, only_protocol, "only this protocol: tcp, udp, icmp, icmp6, a number", .parse = sock_proto), \
	OPT(0, "sport", "PORTS", skel, sock_lport, "only from these ports: 80,8000-8080", .parse = sock_ports), \
	OPT(0, "dport", "PORTS", skel, sock_rport, "only to these ports", .parse = sock_ports), \
	OPT('P', "port", "PORTS", skel, sock_port, "only from or to these ports", .parse = sock_ports), \
	OPT(0, "src", "NETS", skel, sock_laddr, "only from these addresses or networks: 10.0.0.0/8,::1", .parse = sock_nets), \
	OPT(0, "dst", "NETS", skel, sock_raddr, "only to these addresses or networks", .parse = sock_nets), \
	OPT(0, "addr", "NETS", skel, sock_addr, "only from or to these addresses or networks", .parse = sock_nets)

/* Of sockets that have no other end. */
#define OPT_FLOW_LOCAL(skel)							\
	OPT('4', "ipv4", NULL, skel, sock_ipv4, "only IPv4"),			\
	OPT('6', "ipv6", NULL, skel, sock_ipv6, "only IPv6"),			\
	OPT('L', "localport", "PORTS", skel, sock_lport, "only these local ports: 80,8000-8080", .parse = sock_ports), \
	OPT(0, "laddr", "NETS", skel, sock_laddr, "only these local addresses or networks: 10.0.0.0/8,::1", \
	    .parse = sock_nets)

#define COL_FLOW(type, m) COL_FLOW_AS(type, m, false, false, .needs = 0)

/* Where the local end isn't shown, or its port has attributes. */
#define COL_FLOW_AS(type, m, hide_laddr, hide_lport, ...) COL_FLOW_HIDE(type, m, hide_laddr, hide_lport, false, __VA_ARGS__)

#define COL_FLOW_HIDE(type, m, hide_laddr, hide_lport, hide_raddr, ...)		\
	COL_OWN("family", sock_show_family, 6, "4 or 6: IPv4, v4-mapped too, or IPv6", HIDDEN, \
		.bare_json = true, .offset = offsetof(type, m)),		\
	COL_OWN("laddr", sock_show_laddr, -13, "local address", .hidden = hide_laddr, .offset = offsetof(type, m)), \
	COL("lport", type, m.lport, 5, "local port", .hidden = hide_lport, __VA_ARGS__), \
	COL_OWN("raddr", sock_show_raddr, -13, "remote address", .hidden = hide_raddr, .offset = offsetof(type, m)), \
	COL("rport", type, m.rport, 5, "remote port"),				\
	COL_OWN("local", sock_show_local, -21, "local address and port", __VA_ARGS__, HIDDEN, .offset = offsetof(type, m)), \
	COL_OWN("remote", sock_show_remote, -21, "remote address and port", HIDDEN, .offset = offsetof(type, m)), \
	COL("netns", type, m.netns, 10, "network namespace", HIDDEN, WANTS(want_netns))

/* Of a socket's owner, whose origin has pid 0 where it isn't known. */
#define COL_OWNER(type)								\
	COL_AS(L_TIME, "time", type, origin.time, -12, "when it happened", HIDDEN), \
	COL_AS(L_USER, "user", type, origin.uid, -8, "the socket's user", HIDDEN, WANTS(want_uid)), \
	COL("uid", type, origin.uid, 6, "the socket's user id", HIDDEN, WANTS(want_uid)), \
	COL_AS(L_CGROUP, "cgroup", type, origin.cgroup, -24, "cgroup v2 path of the owner", HIDDEN, WANTS(want_cgroup)), \
	COL("tid", type, origin.tid, 7, "thread that connected or accepted", HIDDEN, BLANK), \
	COL("pid", type, origin.pid, 7, "process that connected or accepted", BLANK), \
	COL("comm", type, origin.comm, -10, "its command name, then", BLANK, WANTS(want_comm))

#endif
