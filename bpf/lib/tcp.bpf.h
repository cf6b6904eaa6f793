/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Changes of state and accepted connections of TCP, each seen once.
 *
 *	ON_TCP_STATE { ... sk, old, new ... }
 *	ON_TCP_ACCEPT { ... listener (NULL: not known), sk ... }
 */
#ifndef TCP_BPF_H
#define TCP_BPF_H

#include "lib/sock.bpf.h"
#include "lib/syscall.bpf.h"

static __always_inline bool sock_is_tcp(const struct sock___own *sk)
{
	__u16 family = sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : 0;

	return (family == AF_INET || family == AF_INET6) && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP &&
	       BPF_CORE_READ(sk, sk_type) == SOCK_STREAM;
}

/* Whose socket was copied for the end of a handshake, as its state becomes TCP_SYN_RECV. */
static __always_inline const struct sock___own *tcp_listener_of(const struct sock___own *sk)
{
	const struct tcp_sock___own *tp = (const void *)sk;

	/* an empty list in this copy of the listener still points at itself there */
	return (void *)BPF_CORE_READ(tp, tsorted_sent_queue.next) -
	       bpf_core_field_offset(struct tcp_sock___own, tsorted_sent_queue);
}

/*
 * Changes of state that the first program has seen on this CPU, and the second not yet: an interrupt may come in
 * between.  One that comes while the second runs is not noted, since the second is skipped for it.
 */
#define TCP_CHANGES 4

struct tcp_changes {
	__u64 second_runs;
	struct tcp_change {
		__u64 sk, states;
	} change[TCP_CHANGES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tcp_changes);
} tcp_changes SEC(".maps");

#define TCP_STATES(old, new) ((__u64)(old) << 32 | (__u32)(new))

static __noinline int tcp_change_note(__u64 sk, __u64 states)
{
	struct tcp_changes *all;
	__u32 zero = 0, i;

	all = bpf_map_lookup_elem(&tcp_changes, &zero);
	if (!all || all->second_runs)
		return 0;
	for (i = 0; i < TCP_CHANGES - 1; i++)
		if (!all->change[i].sk || (all->change[i].sk == sk && all->change[i].states == states))
			break;
	all->change[i & (TCP_CHANGES - 1)].sk = sk;
	all->change[i & (TCP_CHANGES - 1)].states = states;
	return 0;
}

static __always_inline bool tcp_change_was_noted(struct tcp_changes *all, __u64 sk, __u64 states)
{
	for (int i = 0; i < TCP_CHANGES; i++)
		if (all->change[i].sk == sk && all->change[i].states == states) {
			all->change[i].sk = 0;
			return true;
		}
	return false;
}

/*
 * The kernel skips a program that an interrupt finds running on its CPU, and packets come in by
 * interrupts: the second one, called after the first, does what that has missed.  A tool that
 * uses this says .twice = "inet_sock_set_state again".
 */
#define ON_TCP_STATE								\
static __noinline int tcp_changed(const struct sock___own *sk, int old, int new); \
										\
ON_TRACE(inet_sock_set_state, const struct sock___own *sk, int old, int new)	\
{										\
	if (READ(sk, sk_protocol) != IPPROTO_TCP)				\
		return 0;							\
	tcp_change_note((__u64)sk, TCP_STATES(old, new));			\
	return tcp_changed(sk, old, new);					\
}										\
										\
ON_TRACE_AS(again, inet_sock_set_state, const struct sock___own *sk, int old, int new) \
{										\
	struct tcp_changes *all;						\
	__u32 zero = 0;								\
										\
	if (READ(sk, sk_protocol) != IPPROTO_TCP)				\
		return 0;							\
	all = bpf_map_lookup_elem(&tcp_changes, &zero);				\
	if (!all)								\
		return 0;							\
	all->second_runs = 1;							\
	barrier();								\
	if (!tcp_change_was_noted(all, (__u64)sk, TCP_STATES(old, new)))	\
		tcp_changed(sk, old, new);					\
	barrier();								\
	all->second_runs = 0;							\
	return 0;								\
}										\
										\
static __noinline int tcp_changed(const struct sock___own *sk, int old, int new)

/* accept(2) has returned in the process that has the connection now.  Where functions can't be probed: as the call returns. */
#define ON_TCP_ACCEPT								\
static __noinline int tcp_accepted(const struct sock___own *listener, const struct sock___own *sk); \
										\
/* args4: flags, err and kern became one struct: commit 92ef0fd55ac8, 6.10 */	\
ON_RETURN_AS(accept__args2, inet_csk_accept, void *listener, void *arg)		\
{										\
	return sock_is_tcp((void *)ret) ? tcp_accepted(listener, (void *)ret) : 0;			\
}										\
										\
ON_RETURN_AS(accept__args4, inet_csk_accept, void *listener, int flags, int *err, bool kern) \
{										\
	return sock_is_tcp((void *)ret) ? tcp_accepted(listener, (void *)ret) : 0;			\
}										\
										\
ON_UNPACKED_AS(accept, accept, accept4)					\
{										\
	const struct sock___own *listener, *sk;					\
										\
	if (call->ret < 0)							\
		return 0;							\
	listener = sock_of_fd(call->arg[0]);					\
	sk = sock_of_fd(call->ret);						\
	return sock_is_tcp(sk) ? tcp_accepted(listener, sk) : 0;		\
}										\
										\
static __noinline int tcp_accepted(const struct sock___own *listener, const struct sock___own *sk)

#endif
