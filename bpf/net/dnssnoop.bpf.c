// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/sock.bpf.h"
#include "lib/event.bpf.h"
#include "lib/syscall.bpf.h"
#include "dnssnoop.h"

const volatile struct sock_ports dns_ports = { 1, { { 53, 53 } } };

#define MSG_PEEK   2	/* include/linux/socket.h */
#define EINPROGRESS 115
#define IOVECS	   2	/* of a message: its length may come in one of its own, over TCP */
#define MESSAGES   4	/* of sendmmsg(2) and recvmmsg(2) */

/* Processes that have a name server to talk to: of others, read(2) and write(2) are not looked at. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u8);
} talkers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);	/* --max-entries; user space deletes what isn't answered */
	__type(key, struct dnssnoop_key);
	__type(value, struct dnssnoop_asked);
} asked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dnssnoop_asked);
} asking SEC(".maps");

EVENT_SCRATCH(struct dnssnoop_event);

/* struct sockaddr_in, sockaddr_in6, iovec, msghdr: the kernel's interface. */
struct dns_address {
	__u16 family;
	__be16 port;
	__u32 v4;
	__u32 v6[4];
};

struct dns_iovec {
	__u64 base, len;
};

struct dns_msghdr {
	__u64 name;
	__u32 name_len, pad;
	__u64 iov, iov_len;
	__u64 control, control_len;
	__u64 flags;
	__u32 moved, more;	/* in an array of them: the length that was sent or received */
};

/* What was sent or received, in the caller's memory. */
struct dns_piece {
	__u64 at;
	__u64 name;		/* where it was sent to, unless the socket is connected */
	__u32 len;
	__u32 fd;
};

static __always_inline bool is_talker(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return bpf_map_lookup_elem(&talkers, &tgid);
}

static __always_inline void make_talker(__u32 tgid)
{
	__u8 yes = 1;

	if (!bpf_map_lookup_elem(&talkers, &tgid))
		map_put(&talkers, &tgid, &yes);
}

static __always_inline void flow_to(struct flow *f, __u64 name)
{
	struct dns_address to = {};

	if (bpf_probe_read_user(&to, sizeof(to), (void *)name))
		bpf_probe_read_user(&to, 16, (void *)name);	/* the shorter one, at the end of a page */
	f->rport = bpf_ntohs(to.port);
	f->family = to.family == AF_INET6 && !sock_is_mapped(to.v6) ? 6 : 4;
	if (f->family == 6)
		__builtin_memcpy(f->raddr, to.v6, sizeof(f->raddr));
	else
		f->raddr[0] = to.family == AF_INET6 ? to.v6[3] : to.v4;
}

static __noinline bool is_dns(const struct flow *f)
{
	return port_in(&dns_ports, f->rport);
}

static __always_inline struct sock___own *socket_of(__u32 fd)
{
	struct task_struct___own *task = (void *)bpf_get_current_task();
	struct file___own **table, *file = NULL;
	struct sock___own *sk;
	__u16 family, protocol;

	table = (void *)BPF_CORE_READ(task, files, fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), table + fd);
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	sk = BPF_CORE_READ(file, private_data, sk);
	family = sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : 0;
	if (family != AF_INET && family != AF_INET6)
		return NULL;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	return protocol == IPPROTO_UDP || protocol == IPPROTO_TCP ? sk : NULL;
}

/* Over TCP a message comes after its length, unless that was sent or read before. */
static __always_inline bool header_of(struct dns_piece *p, bool is_tcp, __u8 *header)
{
	__be16 len = 0;

	if (is_tcp && p->len > 2) {
		bpf_probe_read_user(&len, sizeof(len), (void *)p->at);
		if (bpf_ntohs(len) == p->len - 2) {
			p->at += 2;
			p->len -= 2;
		}
	}
	/* one question: others are answers to nothing, or no DNS at all */
	return p->len >= DNS_HEADER + 5 && !bpf_probe_read_user(header, DNS_HEADER, (void *)p->at) && !header[4] && header[5] == 1;
}

static __noinline int sent(struct dns_piece *p)
{
	struct sock___own *sk = socket_of(p->fd);
	struct dnssnoop_asked *a, *before;
	struct dnssnoop_key key = {};
	__u8 header[DNS_HEADER];
	__u32 zero = 0;
	__u64 n;

	a = bpf_map_lookup_elem(&asking, &zero);
	if (!sk || !a)
		return 0;
	__builtin_memset(&a->flow, 0, sizeof(a->flow));
	flow_fill(false, sk, &a->flow);
	if (p->name)
		flow_to(&a->flow, p->name);
	if (!is_dns(&a->flow))
		return 0;
	make_talker(bpf_get_current_pid_tgid() >> 32);
	a->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (!header_of(p, a->protocol == IPPROTO_TCP, header) || header[2] & 0x80 || !filter_current() || !filter_flow(&a->flow))
		return 0;
	key.sk = (__u64)sk;
	key.id = header[0] << 8 | header[1];
	before = bpf_map_lookup_elem(&asked, &key);
	a->tries = before ? before->tries + 1 : 1;
	origin_fill(&a->origin);
	if (before)
		a->origin.time = before->origin.time;
	n = p->len < DNS_QUESTION ? p->len : DNS_QUESTION;
	barrier_var(n);
	if (n > DNS_QUESTION)
		return 0;
	a->size = n;
	a->pad = 0;
	if (bpf_probe_read_user(a->message, n, (void *)p->at))
		lose(LOSS_READ);
	else
		map_put(&asked, &key, a);
	return 0;
}

static __noinline int received(struct dns_piece *p)
{
	struct sock___own *sk = socket_of(p->fd);
	struct dnssnoop_event *e = event_scratch(struct dnssnoop_event);
	struct dnssnoop_asked *question;
	struct dnssnoop_key key = {};
	__u8 header[DNS_HEADER];
	__u64 n;

	if (!sk || !e)
		return 0;
	e->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (!header_of(p, e->protocol == IPPROTO_TCP, header) || !(header[2] & 0x80))
		return 0;
	key.sk = (__u64)sk;
	key.id = header[0] << 8 | header[1];
	question = bpf_map_lookup_elem(&asked, &key);
	origin_fill(&e->origin);
	e->latency = e->tries = 0;
	if (question) {
		e->flow = question->flow;
		e->latency = e->origin.time - question->origin.time;
		e->tries = question->tries;
		bpf_map_delete_elem(&asked, &key);
	} else {
		__builtin_memset(&e->flow, 0, sizeof(e->flow));
		flow_fill(false, sk, &e->flow);
		if (!is_dns(&e->flow) || !filter_current() || !filter_flow(&e->flow))
			return 0;
	}
	e->answered = 1;
	e->length = p->len;
	n = p->len < DNS_MESSAGE ? p->len : DNS_MESSAGE;
	barrier_var(n);
	if (n > DNS_MESSAGE)
		return 0;
	e->size = n;
	e->pad = 0;
	if (bpf_probe_read_user(e->message, n, (void *)p->at))
		lose(LOSS_READ);
	else
		event_output(e, offsetof(struct dnssnoop_event, message) + n);
	return 0;
}

static __always_inline int moved(struct dns_piece *p, bool out)
{
	return out ? sent(p) : received(p);
}

/* At p->at there are iovecs. The first part of it that is more than a length; p->len is that of all parts together. */
static __noinline int gathered(struct dns_piece *p, bool out)
{
	struct dns_iovec iov = {};
	__u64 at = p->at;

	if (bpf_probe_read_user(&iov, sizeof(iov), (void *)at))
		return 0;
	if (iov.len == 2 && p->len > 2) {
		p->len -= 2;
		if (bpf_probe_read_user(&iov, sizeof(iov), (void *)at + sizeof(iov)))
			return 0;
	}
	p->at = iov.base;
	if (p->len > iov.len)
		p->len = iov.len;
	return moved(p, out);
}

/* At p->at there is a msghdr. `len` < 0: it is in an array, and tells it itself. */
static __noinline int message(struct dns_piece *p, __s64 len, bool out)
{
	struct dns_msghdr m = {};

	if (bpf_probe_read_user(&m, len < 0 ? sizeof(m) : offsetof(struct dns_msghdr, moved), (void *)p->at))
		return 0;
	p->name = out ? m.name : 0;
	p->at = m.iov;
	p->len = len < 0 ? m.moved : len;
	return m.iov_len ? gathered(p, out) : 0;
}

static __noinline int messages(struct dns_piece *p, __u32 n, bool out)
{
	__u64 at = p->at;

	for (__u32 i = 0; i < MESSAGES && i < n; i++) {
		p->at = at + i * sizeof(struct dns_msghdr);
		message(p, -1, out);
	}
	return 0;
}

static __always_inline void connected(const struct syscall *call)
{
	struct flow to = {};

	if (call->ret && call->ret != -EINPROGRESS)
		return;
	flow_to(&to, call->arg[1]);
	if (is_dns(&to))
		make_talker(bpf_get_current_pid_tgid() >> 32);
}

ON_SYSCALL_IF(syscall_in(nr, read, write, readv, writev, sendto, recvfrom) ||
	      syscall_in(nr, sendmsg, recvmsg, sendmmsg, recvmmsg, connect))
{
	bool out = syscall_is(call, write) || syscall_is(call, writev) || syscall_is(call, sendto) || syscall_is(call, sendmsg) ||
		   syscall_is(call, sendmmsg);
	struct dns_piece p = { .at = call->arg[1], .fd = call->arg[0], .len = call->ret };

	if (syscall_is(call, connect)) {
		connected(call);
		return 0;
	}
	if (call->ret <= 0)
		return 0;
	if (syscall_is(call, sendto)) {
		p.name = call->arg[4];
		return moved(&p, true);
	}
	if (!call->is_32 && syscall_is(call, sendmsg))
		return message(&p, call->ret, true);
	if (!call->is_32 && syscall_is(call, sendmmsg))
		return messages(&p, call->ret, true);
	if (!is_talker())
		return 0;
	if (syscall_is(call, read) || syscall_is(call, write))
		return moved(&p, out);
	if (syscall_is(call, recvfrom)) {
		if (p.len > call->arg[2])
			p.len = call->arg[2];
		return call->arg[3] & MSG_PEEK ? 0 : moved(&p, false);
	}
	if (call->is_32)
		return 0;
	if (syscall_is(call, readv) || syscall_is(call, writev))
		return gathered(&p, out);
	if (syscall_is(call, recvmsg))
		return call->arg[2] & MSG_PEEK ? 0 : message(&p, call->ret, false);
	if (syscall_is(call, recvmmsg))
		return call->arg[3] & MSG_PEEK ? 0 : messages(&p, call->ret, false);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int process_ended(void *ctx)
{
	__u64 ids = bpf_get_current_pid_tgid();
	__u32 tgid = ids >> 32;

	if (tgid == (__u32)ids)
		bpf_map_delete_elem(&talkers, &tgid);
	return 0;
}

/* Connections to name servers that are there already. */
SEC("iter/task_file")
int meet(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = (void *)ctx->task;
	struct file___own *file = (void *)ctx->file;
	struct flow flow = {};
	struct sock___own *sk;

	if (!task || !file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	sk = BPF_CORE_READ(file, private_data, sk);
	if (!sk)
		return 0;
	flow_fill(false, sk, &flow);
	if (is_dns(&flow))
		make_talker(BPF_CORE_READ(task, tgid));
	return 0;
}
