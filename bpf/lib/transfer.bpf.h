/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What processes write to sockets of the internet and read from them, in their own context:
 *
 *	ON_TRANSFER { ... direct, sk, bytes, sent ... }
 *
 * The tool calls sock_transfers() in its setup().  What is only peeked at is not read.
 */
#ifndef TRANSFER_BPF_H
#define TRANSFER_BPF_H

#include "lib/sock.bpf.h"

#define MSG_PEEK 2	/* include/linux/socket.h */

static __always_inline bool transfer_counts(const bool direct, const struct sock___own *sk, int bytes)
{
	__u16 family = READ(sk, __sk_common.skc_family);

	return bytes > 0 && (family == AF_INET || family == AF_INET6);
}

/* Tracepoints where the kernel has them (6.3), and the functions that all such calls go through elsewhere. */
#define ON_TRANSFER								\
static __always_inline int transferred(const bool direct, const struct sock___own *sk, int bytes, bool sent); \
										\
ON_TRACE_AS(send__traced, sock_send_length, const struct sock___own *sk, int bytes) \
{										\
	return transfer_counts(direct, sk, bytes) ? transferred(direct, sk, bytes, true) : 0; \
}										\
										\
ON_TRACE_AS(receive__traced, sock_recv_length, const struct sock___own *sk, int bytes, int flags) \
{										\
	if (flags & MSG_PEEK || !transfer_counts(direct, sk, bytes))		\
		return 0;							\
	return transferred(direct, sk, bytes, false);				\
}										\
										\
___ON_TRANSFER(send__called, true, 0, inet_sendmsg, const struct socket___own *socket, void *msg, __u64 size) \
___ON_TRANSFER(send6, true, 0, inet6_sendmsg, const struct socket___own *socket, void *msg, __u64 size) \
___ON_TRANSFER(sendpage, true, 0, inet_sendpage, const struct socket___own *socket, void *page, int offset, \
	       __u64 size, int flags)						\
___ON_TRANSFER(receive__called, false, flags, inet_recvmsg, const struct socket___own *socket, void *msg, \
	       __u64 size, int flags)						\
___ON_TRANSFER(receive6, false, flags, inet6_recvmsg, const struct socket___own *socket, void *msg, \
	       __u64 size, int flags)						\
										\
static __always_inline int transferred(const bool direct, const struct sock___own *sk, int bytes, bool sent)

#define ___ON_TRANSFER(group, sent, peek, func, args...)			\
ON_RETURN_AS(group, func, ##args)						\
{										\
	const struct sock___own *sk = BPF_CORE_READ(socket, sk);		\
										\
	if (!sk || (peek) & MSG_PEEK || !transfer_counts(false, sk, ret))	\
		return 0;							\
	return transferred(false, sk, ret, sent);				\
}

#endif
