// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/sock.bpf.h"
#include "lib/task.bpf.h"
#include "sockls.h"

const volatile __u32 kinds = KIND_TCP | KIND_UDP | KIND_RAW | KIND_INET;
const volatile __u32 states = -1;	/* a bit each */
const volatile bool listening_only;

#define AF_UNIX	   1
#define AF_NETLINK 16
#define AF_PACKET  17
#define AF_VSOCK   40

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct kernfs_node___ls {
	__u64 id;
};

struct cgroup___ls {
	struct kernfs_node___ls *kn;
};

/* A pointer and flags in one number became a pointer: commit 8520e224f547, 5.15 */
struct sock_cgroup_data___old {
	__u64 val;
};

struct sock_cgroup_data___ls {
	struct cgroup___ls *cgroup;
};

struct sock___ls_old {
	struct sock_cgroup_data___old sk_cgrp_data;
};

struct sock___ls {
	struct sock_cgroup_data___ls sk_cgrp_data;
	struct {
		struct { int counter; } rmem_alloc;
	} sk_backlog;
	struct { struct { int counter; } refs; } sk_wmem_alloc;
	struct socket___ls *sk_socket;
	struct { __u32 qlen; } sk_receive_queue;
};

struct socket___ls {
	struct file___own *file;
};

struct inet_timewait_sock___ls {
	volatile unsigned char tw_substate;
};

struct tcp_sock___ls {
	__u32 rcv_nxt, copied_seq, snd_cwnd, mdev_us, packets_out;
};

struct udp_sock___ls {
	int forward_deficit;
};

struct unix_address___ls {
	int len;
	struct { char sun_path[SOCKLS_PATH]; } name[0];
};

struct unix_sock___ls {
	struct unix_address___ls *addr;
	struct unix_sock___ls *peer;
};
#pragma clang attribute pop

/* Only one program of this tool runs at a time: each is read to its end before the next. */
static struct sockls_row row;

static __always_inline __u32 kind_of(__u32 family, __u32 type, __u32 protocol)
{
	if (family == AF_INET || family == AF_INET6) {
		if (type == SOCK_RAW)
			return KIND_RAW;
		return protocol == IPPROTO_TCP ? KIND_TCP : protocol == IPPROTO_UDP ? KIND_UDP : KIND_INET;
	}
	return family == AF_UNIX ? KIND_UNIX : family == AF_NETLINK ? KIND_NETLINK : family == AF_PACKET ? KIND_PACKET :
	       family == AF_VSOCK ? KIND_VSOCK : KIND_OTHER;
}

static __always_inline __u64 cgroup_of(const struct sock___own *sk)
{
	const struct sock___ls_old *old = (const void *)sk;
	const struct sock___ls *now = (const void *)sk;
	struct cgroup___ls *cgroup = NULL;
	__u64 val;

	if (bpf_core_field_exists(now->sk_cgrp_data.cgroup)) {
		cgroup = BPF_CORE_READ(now, sk_cgrp_data.cgroup);
	} else if (bpf_core_field_exists(old->sk_cgrp_data.val)) {
		val = BPF_CORE_READ(old, sk_cgrp_data.val);
		if (!(val & 1))		/* else it is what cgroup v1 knows of it */
			cgroup = (void *)(val & ~3ULL);
	}
	return cgroup ? BPF_CORE_READ(cgroup, kn, id) : 0;
}

static __always_inline __u32 unix_name(const struct unix_sock___ls *sk, char *path)
{
	const struct unix_address___ls *addr = sk ? BPF_CORE_READ(sk, addr) : NULL;
	__u32 n = addr ? BPF_CORE_READ(addr, len) - 2 : 0;	/* without its sun_family */

	if (n > SOCKLS_PATH || bpf_probe_read_kernel(path, SOCKLS_PATH, &addr->name[0].sun_path))
		return 0;
	return n;
}

static __always_inline void tcp_numbers(const struct sock___own *sk)
{
	const struct tcp_sock___own *tp = (const void *)sk;
	const struct tcp_sock___ls *ls = (const void *)sk;

	if (row.state == TCP_LISTEN) {
		row.receive = BPF_CORE_READ(sk, sk_ack_backlog);
		row.send = BPF_CORE_READ(sk, sk_max_ack_backlog);
		return;
	}
	if (row.state == TCP_CLOSE)
		return;
	row.receive = BPF_CORE_READ(ls, rcv_nxt) - BPF_CORE_READ(ls, copied_seq);
	if ((__s32)row.receive < 0)
		row.receive = 0;
	if (row.receive && BPF_CORE_READ(sk, __sk_common.skc_flags) & 1 << SOCK_DONE_BIT)
		row.receive--;			/* the FIN is no byte of anybody's */
	row.send = BPF_CORE_READ(tp, write_seq) - BPF_CORE_READ(tp, snd_una);
	row.rtt = (BPF_CORE_READ(tp, srtt_us) >> 3) * 1000ULL;
	row.rttvar = (BPF_CORE_READ(ls, mdev_us) >> 2) * 1000ULL;
	row.retransmits = BPF_CORE_READ(tp, total_retrans);
	row.cwnd = BPF_CORE_READ(ls, snd_cwnd);
	row.unacked = BPF_CORE_READ(ls, packets_out);
}

static __always_inline void queues(const struct sock___own *sk)
{
	const struct udp_sock___ls *udp = (const void *)sk;
	const struct sock___ls *ls = (const void *)sk;
	int more = 0, sent = BPF_CORE_READ(ls, sk_wmem_alloc.refs.counter);

	row.send = sent > 0 ? sent - 1 : 0;	/* the socket itself counts for one */
	if (row.kind == KIND_UNIX) {
		row.receive = BPF_CORE_READ(ls, sk_receive_queue.qlen);
		if (row.state == TCP_LISTEN)
			row.send = BPF_CORE_READ(sk, sk_max_ack_backlog);
		return;
	}
	if (row.kind == KIND_UDP)
		more = BPF_CORE_READ(udp, forward_deficit);
	row.receive = BPF_CORE_READ(ls, sk_backlog.rmem_alloc.counter) - more;
}

/* All but its owner; false: it isn't wanted. */
static __noinline bool describe(const struct sock___own *sk)
{
	bool full, zero_port;

	__builtin_memset(&row, 0, sizeof(row));
	row.sk = (__u64)sk;
	row.state = BPF_CORE_READ(sk, __sk_common.skc_state);
	row.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	full = row.state != TCP_TIME_WAIT && row.state != TCP_NEW_SYN_RECV;
	row.type = full ? BPF_CORE_READ(sk, sk_type) : SOCK_STREAM;
	row.protocol = full ? BPF_CORE_READ(sk, sk_protocol) : IPPROTO_TCP;
	row.kind = kind_of(row.family, row.type, row.protocol);
	if (row.state == TCP_NEW_SYN_RECV)
		row.state = TCP_SYN_RECV;
	if (row.state == TCP_TIME_WAIT)		/* in which no more than that is kept of a closed one in FIN_WAIT2 either */
		row.state = BPF_CORE_READ((const struct inet_timewait_sock___ls *)sk, tw_substate);
	if (!(row.kind & kinds) || !(1 << (row.state & 31) & states))
		return false;
	if (row.kind & (KIND_TCP | KIND_UDP | KIND_RAW | KIND_INET))
		flow_fill(false, sk, &row.flow);
	else if (SOCK_ADDRESS_FILTERS)
		return false;
	if (bpf_core_field_exists(sk->__sk_common.skc_net.net))
		row.flow.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	if (row.flow.family ? !filter_flow(&row.flow) :
			      common.filters & ONLY_NETNS && row.flow.netns != common.filter_netns)
		return false;
	zero_port = row.flow.family && !row.flow.lport;
	if (listening_only && row.state != TCP_LISTEN &&
	    (!(row.kind & (KIND_UDP | KIND_RAW)) || row.state != TCP_CLOSE || (zero_port && row.kind == KIND_UDP)))
		return false;
	if (!full)
		return true;
	row.uid = BPF_CORE_READ(sk, sk_uid.val);
	if (common.want_cgroup)
		row.cgroup = cgroup_of(sk);
	if (row.kind == KIND_TCP)
		tcp_numbers(sk);
	else
		queues(sk);
	if (row.kind == KIND_UNIX) {
		const struct unix_sock___ls *un = (const void *)sk;

		row.path_len = unix_name(un, row.path);
		row.peer_len = unix_name(BPF_CORE_READ(un, peer), row.peer);
	}
	return true;
}

/* Of every process in every network namespace. */
SEC("iter/task_file")
int of_processes(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = (void *)ctx->task;
	struct file___own *file = (void *)ctx->file;
	const struct sock___own *sk;
	const bool direct = false;

	if (!task || !file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK || !filter_task(direct, task))
		return 0;
	sk = BPF_CORE_READ(file, private_data, sk);
	if (!sk || !describe(sk))
		return 0;
	row.pid = task_tgid(task);
	row.fd = ctx->fd;
	row.inode = BPF_CORE_READ(file, f_inode, i_ino);
	bpf_probe_read_kernel_str(row.comm, COMM_LEN, &task->comm);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

static __always_inline int of_nobody(struct bpf_iter_meta *meta, const struct sock___own *sk, __u32 uid)
{
	const struct sock___ls *ls = (const void *)sk;

	if (!sk || !describe(sk))
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_TIME_WAIT && row.state != TCP_SYN_RECV)
		row.inode = BPF_CORE_READ(ls, sk_socket, file, f_inode, i_ino);
	else
		row.uid = uid;
	bpf_seq_write(meta->seq, &row, sizeof(row));
	return 0;
}

/* Of the namespace that the reader is in, also those that no process has. */
SEC("iter/tcp")
int of_tcp(struct bpf_iter__tcp *ctx)
{
	return of_nobody(ctx->meta, (void *)ctx->sk_common, ctx->uid);
}

SEC("iter/udp")
int of_udp(struct bpf_iter__udp *ctx)
{
	return of_nobody(ctx->meta, (void *)ctx->udp_sk, ctx->uid);
}
