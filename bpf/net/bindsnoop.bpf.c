// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/sock.bpf.h"
#include "lib/event.bpf.h"
#include "lib/syscall.bpf.h"
#include "bindsnoop.h"

const volatile bool failed_only;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sock_common___bind {
	unsigned char skc_reuse: 4, skc_reuseport: 1;
	int skc_bound_dev_if;
};

struct sock___bind {
	struct sock_common___bind __sk_common;
};

/* Bits of their own became numbers of bits: commit c274af224269, 6.6 */
struct inet_sock___before_6_6 {
	__u8 freebind: 1, transparent: 1, bind_address_no_port: 1;
};

struct inet_sock___since_6_6 {
	unsigned long inet_flags;
};
#pragma clang attribute pop

/* Of an enum without a name, which CO-RE can't ask for: include/net/inet_sock.h */
#define INET_FREEBIND	  (1 << 11)
#define INET_TRANSPARENT  (1 << 15)
#define INET_BIND_NO_PORT (1 << 18)

static __always_inline __u32 options_of(const struct sock___own *sk)
{
	const struct inet_sock___before_6_6 *old = (const void *)sk;
	const struct inet_sock___since_6_6 *inet = (const void *)sk;
	const struct sock___bind *bind = (const void *)sk;
	__u32 options = 0;

	if (bpf_core_field_exists(inet->inet_flags)) {
		unsigned long flags = BPF_CORE_READ(inet, inet_flags);

		options |= flags & INET_FREEBIND ? BIND_FREEBIND : 0;
		options |= flags & INET_TRANSPARENT ? BIND_TRANSPARENT : 0;
		options |= flags & INET_BIND_NO_PORT ? BIND_NO_PORT : 0;
	} else if (bpf_core_field_exists(old->freebind)) {
		options |= BPF_CORE_READ_BITFIELD_PROBED(old, freebind) ? BIND_FREEBIND : 0;
		options |= BPF_CORE_READ_BITFIELD_PROBED(old, transparent) ? BIND_TRANSPARENT : 0;
		options |= BPF_CORE_READ_BITFIELD_PROBED(old, bind_address_no_port) ? BIND_NO_PORT : 0;
	}
	options |= BPF_CORE_READ_BITFIELD_PROBED(bind, __sk_common.skc_reuse) ? BIND_REUSEADDR : 0;
	options |= BPF_CORE_READ_BITFIELD_PROBED(bind, __sk_common.skc_reuseport) ? BIND_REUSEPORT : 0;
	return options;
}

/* struct sockaddr_in, struct sockaddr_in6: the kernel's interface. */
struct bind_address {
	__u16 family;
	__be16 port;
	__u32 v4;		/* IPv6: the flow label */
	__u32 v6[4];
};

/* What was asked for; IPv4 in IPv6 is IPv4. */
static __always_inline void flow_asked(const struct bind_address *asked, struct flow *f)
{
	f->family = asked->family == AF_INET6 && !sock_is_mapped(asked->v6) ? 6 : 4;
	f->lport = bpf_ntohs(asked->port);
	if (f->family == 6)
		__builtin_memcpy(f->laddr, asked->v6, sizeof(f->laddr));
	else
		f->laddr[0] = asked->family == AF_INET6 ? asked->v6[3] : asked->v4;
}

static __noinline int bound(const struct sock___own *sk, const struct bind_address *asked, int ret)
{
	__u16 family = sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : 0;
	const struct sock___bind *bind = (const void *)sk;
	struct bindsnoop_event *e;
	struct flow flow = {};

	if ((family != AF_INET && family != AF_INET6) || (failed_only && ret >= 0) || !filter_current())
		return 0;
	flow_fill(false, sk, &flow);
	if (ret < 0)
		flow_asked(asked, &flow);
	if (!filter_flow(&flow))
		return 0;
	e = event_reserve(struct bindsnoop_event);
	if (!e)
		return 0;
	e->flow = flow;
	e->error = ret;
	e->options = options_of(sk);
	e->protocol = BPF_CORE_READ(sk, sk_protocol);
	e->device = BPF_CORE_READ(bind, __sk_common.skc_bound_dev_if);
	event_submit(e);
	return 0;
}

ON_RETURN_AS(bind__v4, inet_bind, const struct socket___own *socket, const void *address, int length)
{
	struct bind_address asked = {};

	bpf_probe_read_kernel(&asked, sizeof(asked), address);
	return bound(BPF_CORE_READ(socket, sk), &asked, ret);
}

ON_RETURN_AS(bind6, inet6_bind, const struct socket___own *socket, const void *address, int length)
{
	struct bind_address asked = {};

	bpf_probe_read_kernel(&asked, sizeof(asked), address);
	return bound(BPF_CORE_READ(socket, sk), &asked, ret);
}

/* Where functions can't be probed: the call as it returns, unless it has no socket. */
ON_UNPACKED_AS(bind, bind)
{
	struct bind_address asked = {};

	if (call->ret == -9 || call->ret == -88)	/* EBADF, ENOTSOCK */
		return 0;
	if (call->arg[2] >= 16 && bpf_probe_read_user(&asked, sizeof(asked), (void *)call->arg[1]))
		bpf_probe_read_user(&asked, 16, (void *)call->arg[1]);	/* the shorter one, at the end of a page */
	return bound(sock_of_fd(call->arg[0]), &asked, call->ret);
}
