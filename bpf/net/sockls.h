/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

/* What kinds of sockets there are: --socket. */
enum sockls_kind {
	KIND_TCP = 1 << 0,
	KIND_UDP = 1 << 1,
	KIND_RAW = 1 << 2,
	KIND_INET = 1 << 3,	/* others of the internet families */
	KIND_UNIX = 1 << 4,
	KIND_NETLINK = 1 << 5,
	KIND_PACKET = 1 << 6,
	KIND_VSOCK = 1 << 7,
	KIND_OTHER = 1 << 8,
};

#define SOCKLS_PATH 108		/* sun_path, include/uapi/linux/un.h */

struct sockls_row {
	__u64 sk;		/* where it is in the kernel: which socket it is */
	__u64 cgroup;		/* that it was made in */
	__u64 rtt, rttvar;	/* ns */
	struct flow flow;	/* family 0: not of the internet */
	__u32 pid;		/* 0: no process has it */
	__u32 fd;
	__u32 uid;
	__u32 kind;		/* enum sockls_kind */
	__u32 family, type, protocol, state;
	__u32 receive, send;	/* bytes in its queues; a listener's: waiting to be accepted, and how many may */
	__u32 retransmits, cwnd, unacked;
	__u32 holders;		/* processes that have it; user space counts them */
	__u64 inode;
	__u32 path_len, peer_len;
	char path[SOCKLS_PATH], peer[SOCKLS_PATH];	/* of the unix family; begins with a zero: an abstract name */
	char comm[COMM_LEN];
};
