/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The user side of bpf/lib/sock.bpf.h: options and columns of tools that show connections. */
#ifndef SOCK_USER_H
#define SOCK_USER_H

#include "lib/tool.h"
#include "lib/sock.h"

int sock_net(struct run *run, const char *arg, void *to);	/* .parse of an option: a struct sock_net */
void sock_addr(struct out *out, __u32 family, const __u32 *addr);
void sock_state(struct out *out, __u32 state);			/* "ESTABLISHED" */

/* For columns: `offset` is that of a struct flow. */
void sock_show_family(struct out *out, const struct column *c, const void *row);
void sock_show_laddr(struct out *out, const struct column *c, const void *row);
void sock_show_raddr(struct out *out, const struct column *c, const void *row);
void sock_show_local(struct out *out, const struct column *c, const void *row);
void sock_show_remote(struct out *out, const struct column *c, const void *row);

#define OPT_FLOW(skel)								\
	OPT('4', "ipv4", NULL, skel, sock_ipv4, "only IPv4"),			\
	OPT('6', "ipv6", NULL, skel, sock_ipv6, "only IPv6"),			\
	OPT_SET('L', "localport", "PORTS", ONLY_LPORTS, "only these local ports: 80,443", .min = 1, .max = 65535), \
	OPT_SET('D', "remoteport", "PORTS", ONLY_RPORTS, "only these remote ports", .min = 1, .max = 65535), \
	OPT(0, "laddr", "NET", skel, sock_laddr, "only this local address or network: 10.0.0.0/8", .parse = sock_net), \
	OPT(0, "raddr", "NET", skel, sock_raddr, "only this remote address or network: ::1", .parse = sock_net)

#define COL_FLOW(type, m)							\
	COL_OWN("family", sock_show_family, 6, "4 or 6: IPv4, v4-mapped too, or IPv6", HIDDEN, \
		.bare_json = true, .offset = offsetof(type, m)),		\
	COL_OWN("laddr", sock_show_laddr, -13, "local address", .offset = offsetof(type, m)), \
	COL("lport", type, m.lport, 5, "local port"),				\
	COL_OWN("raddr", sock_show_raddr, -13, "remote address", .offset = offsetof(type, m)), \
	COL("rport", type, m.rport, 5, "remote port"),				\
	COL_OWN("local", sock_show_local, -21, "local address and port", HIDDEN, .offset = offsetof(type, m)), \
	COL_OWN("remote", sock_show_remote, -21, "remote address and port", HIDDEN, .offset = offsetof(type, m)), \
	COL("netns", type, m.netns, 10, "network namespace", HIDDEN)

#endif
