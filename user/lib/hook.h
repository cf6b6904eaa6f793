/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One way for all tools of packets to attach: XDP, tc, cgroups, sockets.
 *
 * The object has a program for each hook that the tool can use, which no one else attaches:
 *	SEC("?xdp") int on_xdp(…), SEC("?tc") on_tc, SEC("?cgroup/skb") on_cgroup, SEC("?socket") on_socket
 * and the tool says	.packets = true, .first = hook_first, .setup = hook_setup, .attach = hook_attach, .tick = hook_tick
 * and takes		OPT_HOOK (or only the lines of it that make sense)
 * in its table of options. One that has more to do in .setup or .attach calls these from there.
 *
 * Nothing outlives the tool, also when it is killed: what isn't held by a link is removed by a child (hook_guard.c).
 * With --pin it does: links, programs and maps are pinned in /sys/fs/bpf/corekit/TOOL/, one folder for each attachment;
 * --detach finds them there.
 */
#ifndef HOOK_H
#define HOOK_H

#include "lib/tool.h"

enum hook_kind { HOOK_XDP, HOOK_TC, HOOK_CGROUP, HOOK_SOCKET, HOOK_KINDS };

extern struct hook {
	const char *kind, *mode, *interfaces, *cgroup;	/* as they were given */
	__u32 pid;
	bool egress, pin, detach;
	enum hook_kind chosen;				/* once hook_setup() is through */
	bool no_ether;					/* these interfaces' packets begin with IP: tun, WireGuard */
	bool frags;					/* XDP programs get packets in several pieces */
} hook;

#define OPT_HOOK_KIND								\
	{ .name = "hook", .arg = "HOOK", .value = V_CHARS, .here = &hook.kind, .complete = "xdp tc cgroup socket", \
	  .help = "where packets are looked at: xdp, tc, cgroup or socket" }
#define OPT_HOOK_INTERFACE							\
	{ .letter = 'I', .name = "interface", .arg = "NAMES", .value = V_CHARS, .here = &hook.interfaces, .complete = "interface", \
	  .help = "network interfaces, for xdp and tc: eth0,eth1" }
#define OPT_HOOK_MODE								\
	{ .letter = 'm', .name = "mode", .arg = "MODE", .value = V_CHARS, .here = &hook.mode, .complete = "native generic offload", \
	  .help = "xdp: native, in the driver (the default); generic, in the kernel; or offload, in the device" }
#define OPT_HOOK_EGRESS								\
	{ .name = "egress", .value = V_BOOL, .here = &hook.egress, .help = "tc and cgroup: what is sent, not what is received" }
#define OPT_HOOK_CGROUP								\
	{ .letter = 'c', .name = "cgroup", .arg = "PATH", .value = V_CHARS, .here = &hook.cgroup, .complete = "cgroup", \
	  .help = "the cgroup (v2), with all below it; / unless told" }
#define OPT_HOOK_SOCKET								\
	{ .letter = 'p', .name = "pid", .arg = "PID", .value = V_U32, .min = 1, .max = 1 << 22, .here = &hook.pid, \
	  .help = "socket: the process whose sockets get the filter" }
#define OPT_HOOK_PIN								\
	{ .name = "pin", .value = V_BOOL, .here = &hook.pin, .help = "attach and end: it stays until --detach" }, \
	{ .name = "detach", .value = V_BOOL, .here = &hook.detach, \
	  .help = "take away what --pin left, on these interfaces or on all" }

#define OPT_HOOK OPT_HOOK_KIND, OPT_HOOK_INTERFACE, OPT_HOOK_MODE, OPT_HOOK_EGRESS, OPT_HOOK_CGROUP, OPT_HOOK_PIN

int hook_first(struct run *run);	/* --detach: does it, and gives 1 */
int hook_setup(struct run *run);	/* which program is loaded; contradictions are told here */
int hook_attach(struct run *run);	/* all of it or nothing */
int hook_tick(struct run *run);		/* says when an interface has gone */
/* One line on stderr, and -EINVAL. */
int hook_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void hook_label(int at, char *text, size_t size);	/* "eth0", of the at-th; for rows by interface */
int hook_index(int at);			/* of the at-th interface; 0: there are no more */
unsigned long hook_netns(void);		/* the number of the network namespace that they are in */
int hook_to_cpus(struct run *run);	/* after hook_setup(): can this kernel send packets to CPUs in that mode? Tells if not */

int hook_pin_too(int fd, const char *name);	/* before hook_attach(): a link that --pin is to keep as well */
/* Each folder of --pin's, on the interfaces that were asked for, or on all; "": of another network namespace, or gone. */
int hook_each_pinned(struct run *run, int (*fn)(void *ctx, const char *folder, const char *interface), void *ctx);

/*
 * For tools that attach other programs, to other interfaces: one program to one. After an error its cause, with driver,
 * MTU, holder and remedy, is on stderr. The link's descriptor, kept until the end, or -errno.
 */
int hook_xdp(struct bpf_program *program, int index, const char *mode);

/* hook_tap.c: the same for a program on a packet socket; index 0: of all interfaces. The socket, kept until the end, or -errno. */
int hook_tap(struct bpf_program *program, int index);

/*
 * A program at each of netfilter's hooks, for IPv4 and IPv6, in this network namespace, before all others, since 6.4: in setup()
 * hook_netfilter_load(), after which its autoload tells whether the kernel takes it, in attach() the other.
 */
void hook_netfilter_load(struct bpf_program *program);
int hook_netfilter(struct bpf_program *program);

/* Who holds XDP or tc there: "program 12 'xdp_pass', held by ip (pid 7)". */
void hook_holder(__u32 program, char *text, size_t size);

/* hook_guard.c: removes what no link holds, when this process ends, however it ends. */
struct guarded {
	int index;		/* tc: interface, ... */
	bool egress, qdisc;	/* qdisc: also the clsact, if nothing else is in it */
	__u32 priority, program;
	int pid;		/* a process's socket: ... */
	__u64 cookie;
	bool stay;		/* all that was told until now is to stay, as it is pinned */
};
int guard_start(void);			/* before anything is loaded, with all rights */
int guard_tell(const struct guarded *what);	/* before it is attached */
int guard_end(void);			/* removes all, and says whether that was done */
int guard_remove(const struct guarded *what);	/* at once, by this process */
/* A guard with other work, once its descriptor 0 says that the tool has ended; those of `keep`, 8 at most, it has from 2 on. */
int guard_fork(int (*work)(int first), const int *keep, int n);
int guard_end_within(int ms);		/* its pid: it isn't through with it, and goes on */
int guard_socket_filter(int fd);	/* 0: it has none */
int guard_each_socket(int pid, int (*fn)(void *ctx, int fd, __u64 cookie), void *ctx);

#endif
