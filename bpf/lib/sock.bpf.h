/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets of the internet families: who talks to whom, and the filters for it.  Needs CO-RE. */
#ifndef SOCK_BPF_H
#define SOCK_BPF_H

#ifdef FILTER_BPF_H
#error "sock.bpf.h comes before filter.bpf.h"
#endif
#define FILTER_NETNS_OF_FLOW true

#include <bpf/bpf_endian.h>
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/sock.h"

#define AF_INET	 2	/* include/linux/socket.h */
#define AF_INET6 10
#define S_IFMT	 0170000	/* include/uapi/linux/stat.h */
#define S_IFSOCK 0140000
#define E2BIG	 7
#define EEXIST	 17
#define ECANCELED 125
#define SOCK_DONE_BIT 1	/* enum sock_flags, include/net/sock.h: a FIN came in */

/*
 * Only what is read: with the whole structs, which embed half of the network stack,
 * the types alone would be 90 KB of every tool.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct net___own {
	struct { unsigned int inum; } ns;
};

struct sock_common___own {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct { struct net___own *net; } skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	unsigned long skc_flags;
};

struct sock___own {
	struct sock_common___own __sk_common;
	__u16 sk_protocol, sk_type;
	int sk_err;
	__u32 sk_ack_backlog, sk_max_ack_backlog;
	struct { __u32 val; } sk_uid;
};

struct inet_sock___own {
	__be16 inet_sport;
};

struct tcp_sock___own {
	__u64 bytes_acked, bytes_received, bytes_sent, bytes_retrans;
	__u32 snd_una, write_seq, srtt_us, total_retrans;
	struct { void *next; } tsorted_sent_queue;
};

struct task_struct___own {
	struct files_struct___own *files;
};

struct files_struct___own {
	struct fdtable *fdt;
};

struct file___own {
	struct socket___own *private_data;
	struct inode___own *f_inode;
};

struct inode___own {
	unsigned short i_mode;
	unsigned long i_ino;
};

struct socket___own {
	struct sock___own *sk;
};
#pragma clang attribute pop

const volatile struct sock_nets sock_laddr, sock_raddr, sock_addr;
const volatile struct sock_ports sock_lport, sock_rport, sock_port;
const volatile bool sock_ipv4, sock_ipv6;

/* Filters that look at the flow, and those that look at its owner. */
#define SOCK_ADDRESS_FILTERS							\
	(sock_ipv4 || sock_ipv6 || sock_laddr.n || sock_raddr.n || sock_addr.n || sock_lport.n || sock_rport.n || sock_port.n)
#define SOCK_FLOW_FILTERS (SOCK_ADDRESS_FILTERS || common.filters & ONLY_NETNS)
#define SOCK_OWNER_FILTERS (common.cgroups || common.filters & ~ONLY_NETNS)

static __always_inline bool sock_is_mapped(const __u32 *addr)
{
	return !addr[0] && !addr[1] && addr[2] == bpf_htonl(0xffff);
}

static __always_inline void flow_addresses(const bool direct, const struct sock___own *sk, struct flow *f)
{
	if (READ(sk, __sk_common.skc_family) == AF_INET6 &&
	    bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {	/* not in a kernel without IPv6 */
		BPF_CORE_READ_INTO(&f->laddr, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32);
		BPF_CORE_READ_INTO(&f->raddr, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);
		f->family = 6;
		if (!sock_is_mapped(f->laddr) && !sock_is_mapped(f->raddr))
			return;
		__builtin_memset(f->laddr, 0, sizeof(f->laddr));
		__builtin_memset(f->raddr, 0, sizeof(f->raddr));
	}
	f->family = 4;
	f->laddr[0] = READ(sk, __sk_common.skc_rcv_saddr);
	f->raddr[0] = READ(sk, __sk_common.skc_daddr);
}

/* *f must be zero.  `direct`: sk is a pointer that the verifier knows, an argument of a tp_btf program. */
static __always_inline void flow_fill(const bool direct, const struct sock___own *sk, struct flow *f)
{
	flow_addresses(direct, sk, f);
	/* skc_num is 0 again when a connection has ended; inet_sport stays */
	f->lport = READ(sk, __sk_common.skc_num);
	if (!f->lport)
		f->lport = bpf_ntohs(BPF_CORE_READ((const struct inet_sock___own *)sk, inet_sport));
	f->rport = bpf_ntohs(READ(sk, __sk_common.skc_dport));
	if (bpf_core_field_exists(sk->__sk_common.skc_net.net) && (common.want_netns || common.filters & ONLY_NETNS))
		f->netns = READ(sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline bool net_has(const volatile struct sock_net *net, __u32 family, const __u32 *addr)
{
	return net->family == family && (addr[0] & net->mask[0]) == net->addr[0] &&
	       (addr[1] & net->mask[1]) == net->addr[1] && (addr[2] & net->mask[2]) == net->addr[2] &&
	       (addr[3] & net->mask[3]) == net->addr[3];
}

static __always_inline bool flow_in(const volatile struct sock_nets *nets, __u32 family, const __u32 *addr)
{
	for (__u32 i = 0; i < SOCK_NETS && i < nets->n; i++)
		if (net_has(&nets->net[i], family, addr))
			return true;
	return false;
}

static __always_inline bool port_in(const volatile struct sock_ports *ports, __u16 port)
{
	for (__u32 i = 0; i < SOCK_RANGES && i < ports->n; i++)
		if (port >= ports->range[i].from && port <= ports->range[i].to)
			return true;
	return false;
}

/* Not inlined: it is long, and most runs have no filter. */
static __noinline bool flow_passes(const struct flow *f, bool no_lport)
{
	if ((sock_ipv4 || sock_ipv6) && !(f->family == 4 ? sock_ipv4 : sock_ipv6))
		return false;
	if (common.filters & ONLY_NETNS && f->netns != common.filter_netns)
		return false;
	if (sock_laddr.n && !flow_in(&sock_laddr, f->family, f->laddr))
		return false;
	if (sock_raddr.n && !flow_in(&sock_raddr, f->family, f->raddr))
		return false;
	if (sock_addr.n && !flow_in(&sock_addr, f->family, f->laddr) && !flow_in(&sock_addr, f->family, f->raddr))
		return false;
	if (sock_rport.n && !port_in(&sock_rport, f->rport))
		return false;
	if (no_lport)
		return true;
	if (sock_lport.n && !port_in(&sock_lport, f->lport))
		return false;
	return !sock_port.n || port_in(&sock_port, f->lport) || port_in(&sock_port, f->rport);
}

/* True when a flow passes every filter on addresses and ports that the user gave. */
#define filter_flow(f) (!SOCK_FLOW_FILTERS || flow_passes(f, false))

/* For tools that need no flow: it is read only where there is something to filter. */
static __always_inline bool filter_sock(const bool direct, const struct sock___own *sk)
{
	struct flow flow = {};

	if (!SOCK_FLOW_FILTERS)
		return true;
	flow_fill(direct, sk, &flow);
	return flow_passes(&flow, false);
}

/* The file behind one of the current task's descriptors; one that isn't open gives anything. */
static __always_inline struct file___own *sock_file_of(__u32 fd)
{
	struct task_struct___own *task = (void *)bpf_get_current_task();
	struct file___own **table = (void *)BPF_CORE_READ(task, files, fdt, fd), *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), table + fd);
	return file;
}

/* The socket behind a descriptor, which must be that of a socket. */
static __always_inline struct sock___own *sock_of_fd(__u32 fd)
{
	return BPF_CORE_READ(sock_file_of(fd), private_data, sk);
}

#endif
