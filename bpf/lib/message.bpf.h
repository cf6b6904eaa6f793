/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages that processes send by sockets and receive, seen as the system call returns, whichever it was:
 *
 *	static __noinline int message_sent(struct message *m);
 *	static __noinline int message_received(struct message *m);
 *	static __always_inline bool message_talks(const struct sock___own *sk, const struct flow *to);
 *
 *	ON_MESSAGES
 *
 * A process is looked at for read(2) and write(2), too, once it has connected or sent to what message_talks() says yes to, or
 * has such a socket when the tool starts: its .attach is to walk message_meet.  A tool may call message_talker() itself.
 */
#ifndef MESSAGE_BPF_H
#define MESSAGE_BPF_H

#include "lib/sock.bpf.h"
#include "lib/syscall.bpf.h"

#define MESSAGE_PEEK 2		/* MSG_PEEK, include/linux/socket.h */
#define MESSAGE_MANY 4		/* of one sendmmsg(2) or recvmmsg(2) */
#define EINPROGRESS 115

/* In the caller's memory; of a msghdr, `at` is where its iovecs are. */
struct message {
	__u64 at;
	__u64 name;		/* the address that it goes to or comes from; 0: the call has none */
	__u32 len;		/* of all parts of it */
	__u32 fd;
	__u64 parts;		/* 0: it isn't in iovecs */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u8);
} talkers SEC(".maps");

/* struct sockaddr_in, sockaddr_in6, iovec, msghdr and mmsghdr: the kernel's interface. */
struct message_address {
	__u16 family;
	__be16 port;
	__u32 v4;
	__u32 v6[4];
};

struct message_iovec {
	__u64 base, len;
};

struct message_header {
	__u64 name;
	__u32 name_len, pad;
	__u64 iov, iov_len;
	__u64 control, control_len;
	__u64 flags;
	__u32 len, more;	/* in an array of them: how much was sent or received */
};

static __always_inline void message_talker(__u32 tgid)
{
	__u8 yes = 1;

	if (!bpf_map_lookup_elem(&talkers, &tgid))
		map_put(&talkers, &tgid, &yes);
}

/* An address of the caller's as the remote end; false: it is of another family. */
static __always_inline bool message_address(struct flow *f, __u64 name)
{
	struct message_address to = {};

	if (bpf_probe_read_user(&to, sizeof(to), (void *)name))
		bpf_probe_read_user(&to, 16, (void *)name);	/* the shorter one, at the end of a page */
	if (to.family != AF_INET && to.family != AF_INET6)
		return false;
	f->rport = bpf_ntohs(to.port);
	f->family = to.family == AF_INET6 && !sock_is_mapped(to.v6) ? 6 : 4;
	f->raddr[0] = to.v4;
	if (to.family == AF_INET6)
		__builtin_memcpy(f->raddr, to.v6, sizeof(f->raddr));
	if (to.family == AF_INET6 && f->family == 4) {
		f->raddr[0] = to.v6[3];
		f->raddr[1] = f->raddr[2] = f->raddr[3] = 0;
	}
	return true;
}

/* The socket behind it, where that is of UDP or TCP over IPv4 or IPv6. */
static __always_inline struct sock___own *message_socket(__u32 fd)
{
	struct file___own *file = sock_file_of(fd);
	struct sock___own *sk;
	__u16 family, protocol;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	sk = BPF_CORE_READ(file, private_data, sk);
	family = sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : 0;
	if (family != AF_INET && family != AF_INET6)
		return NULL;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	return protocol == IPPROTO_UDP || protocol == IPPROTO_TCP ? sk : NULL;
}

/* Its first part that is more than a length of two bytes, which may stand before it over TCP; len becomes that part's. */
static __always_inline int message_first_part(struct message *m)
{
	struct message_iovec iov = {};
	__u64 at = m->at;

	if (!m->parts)
		return 0;
	if (bpf_probe_read_user(&iov, sizeof(iov), (void *)at))
		return -1;
	if (iov.len == 2 && m->len > 2 && m->parts > 1) {
		m->len -= 2;
		if (bpf_probe_read_user(&iov, sizeof(iov), (void *)at + sizeof(iov)))
			return -1;
	}
	m->at = iov.base;
	if (m->len > iov.len)
		m->len = iov.len;
	return 0;
}

static __noinline int message_sent(struct message *m);
static __noinline int message_received(struct message *m);
static __always_inline bool message_talks(const struct sock___own *sk, const struct flow *to);

static __always_inline int message_moved(struct message *m, bool out)
{
	return out ? message_sent(m) : message_received(m);
}

/* At m->at there is a msghdr. `len` < 0: it is in an array, and tells it itself. */
static __noinline int message_of(struct message *m, __s64 len, bool out)
{
	struct message_header h = {};

	if (bpf_probe_read_user(&h, len < 0 ? sizeof(h) : offsetof(struct message_header, len), (void *)m->at))
		return 0;
	m->name = h.name;
	m->at = h.iov;
	m->parts = h.iov_len;
	m->len = len < 0 ? h.len : len;
	return message_moved(m, out);
}

static __noinline int message_each(struct message *m, __u32 n, bool out)
{
	__u64 at = m->at;

	for (__u32 i = 0; i < MESSAGE_MANY && i < n; i++) {
		m->at = at + i * sizeof(struct message_header);
		message_of(m, -1, out);
	}
	return 0;
}

static __noinline int message_connected(__u32 fd, __u64 name)
{
	struct sock___own *sk = message_socket(fd);
	struct flow to = {};

	if (sk && message_address(&to, name) && message_talks(sk, &to))
		message_talker(bpf_get_current_pid_tgid() >> 32);
	return 0;
}

static __always_inline bool message_watched(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return bpf_map_lookup_elem(&talkers, &tgid);
}

static __always_inline int message_call(const struct syscall *call)
{
	bool out = syscall_is(call, write) || syscall_is(call, writev) || syscall_is(call, sendto) || syscall_is(call, sendmsg) ||
		   syscall_is(call, sendmmsg);
	struct message m = { .at = call->arg[1], .fd = call->arg[0], .len = call->ret };

	if (syscall_is(call, connect))
		return call->ret && call->ret != -EINPROGRESS ? 0 : message_connected(m.fd, m.at);
	if (call->ret < 0)
		return 0;
	if (syscall_is(call, read) || syscall_is(call, write))
		return message_watched() ? message_moved(&m, out) : 0;
	if (syscall_is(call, sendto)) {
		m.name = call->arg[4];
		return message_moved(&m, true);
	}
	if (syscall_is(call, recvfrom)) {
		m.name = call->arg[4];
		if (m.len > call->arg[2])
			m.len = call->arg[2];	/* with MSG_TRUNC it is told how long it was */
		return call->arg[3] & MESSAGE_PEEK ? 0 : message_moved(&m, false);
	}
	if (call->is_32)	/* its structs are others */
		return 0;
	if (syscall_is(call, readv) || syscall_is(call, writev)) {
		m.parts = call->arg[2];
		return message_watched() ? message_moved(&m, out) : 0;
	}
	if (syscall_is(call, sendmsg))
		return message_of(&m, call->ret, true);
	if (syscall_is(call, sendmmsg))
		return message_each(&m, call->ret, true);
	if (syscall_is(call, recvmsg))
		return call->arg[2] & MESSAGE_PEEK ? 0 : message_of(&m, call->ret, false);
	return call->arg[3] & MESSAGE_PEEK ? 0 : message_each(&m, call->ret, false);
}

SEC("raw_tp/sched_process_exit")
int message_process_ended(void *ctx)
{
	__u64 ids = bpf_get_current_pid_tgid();
	__u32 tgid = ids >> 32;

	if (tgid == (__u32)ids)
		bpf_map_delete_elem(&talkers, &tgid);
	return 0;
}

/* Connections that are there already. */
SEC("iter/task_file")
int message_meet(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = (void *)ctx->task;
	struct file___own *file = (void *)ctx->file;
	struct flow flow = {};
	struct sock___own *sk;
	__u16 family;

	if (!task || !file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	sk = BPF_CORE_READ(file, private_data, sk);
	family = sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : 0;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	flow_fill(false, sk, &flow);
	if (message_talks(sk, &flow))
		message_talker(BPF_CORE_READ(task, tgid));
	return 0;
}

#define ON_MESSAGES								\
ON_UNPACKED_IF(syscall_in(nr, read, write, readv, writev, sendto, recvfrom) ||	\
	      syscall_in(nr, sendmsg, recvmsg, sendmmsg, recvmmsg, connect))	\
{										\
	return message_call(call);						\
}

#endif
