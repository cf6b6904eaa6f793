/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose a TCP socket is: the process that connected, listens, or accepted it, never the one
 * that an interrupt happened to hit.  Only sockets of owners that pass the filters are here.
 * A tool calls owner_changed() first at each change of state, owner_accepted() at accept(2),
 * and owner_forget() last where the new state is TCP_CLOSE.
 */
#ifndef OWNER_BPF_H
#define OWNER_BPF_H

#include "lib/event.bpf.h"
#include "lib/tcp.bpf.h"
#include "lib/task.bpf.h"

struct owner {
	struct origin origin;	/* its time is the connection's start, 0: not seen */
	__u8 known;		/* else it only waits for its accept(2), or belongs to who listens for now */
	__u8 active;		/* it called connect(2) */
	__u8 pad[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);	/* --max-entries */
	__type(key, __u64);		/* struct sock * */
	__type(value, struct owner);
} owners SEC(".maps");

/* The last socket made for a handshake on this CPU, and its listener's owner. */
struct owner_arrival {
	__u64 sk;
	__u64 time;
	struct owner owner;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct owner_arrival);
} owner_arrivals SEC(".maps");

/* Not inlined: each is called from several programs. */
static __noinline bool owner_passes(void)
{
	return filter_current();
}

static __always_inline struct owner *owner_of(const struct sock___own *sk)
{
	__u64 key = (__u64)sk;

	return bpf_map_lookup_elem(&owners, &key);
}

static __always_inline void owner_forget(const struct sock___own *sk)
{
	__u64 key = (__u64)sk;

	bpf_map_delete_elem(&owners, &key);
}

/* connect(2) or listen(2), in the owner's context; a local port may not have been chosen yet. */
static __noinline int owner_opened(const struct sock___own *sk, bool active)
{
	struct owner owner = { .known = true, .active = active };
	__u64 key = (__u64)sk;
	struct flow flow = {};

	if (active && SOCK_FLOW_FILTERS) {
		flow_fill(false, sk, &flow);
		if (!flow_passes(&flow, true))
			return 0;
	}
	if (!owner_passes())
		return 0;
	origin_fill(&owner.origin);
	return map_put(&owners, &key, &owner);
}

/* A socket made for the last packet of a handshake, in whatever context: the owner is the listener's for now. */
static __noinline int owner_arriving(const struct sock___own *sk)
{
	const struct owner *from = owner_of(tcp_listener_of(sk));
	struct owner_arrival *arrival;
	__u32 zero = 0;

	arrival = bpf_map_lookup_elem(&owner_arrivals, &zero);
	if (!arrival)
		return 0;
	arrival->sk = (__u64)sk;
	arrival->time = bpf_ktime_get_boot_ns();
	arrival->owner.known = false;
	if (from)
		arrival->owner = *from;
	return 0;
}

/* Is this that socket? */
static __always_inline const struct owner_arrival *owner_arrival_of(const struct sock___own *sk)
{
	const struct owner_arrival *arrival;
	__u32 zero = 0;

	arrival = bpf_map_lookup_elem(&owner_arrivals, &zero);
	return arrival && arrival->sk == (__u64)sk ? arrival : NULL;
}

/* On the same CPU a moment later, unless the kernel found that it had such a socket already. */
static __noinline int owner_arrived(const struct sock___own *sk)
{
	const struct owner_arrival *arrival = owner_arrival_of(sk);
	struct owner owner = {};
	__u64 key = (__u64)sk;
	int err;

	if (owner_of(sk) || !filter_sock(false, sk))	/* both sides called connect(2) */
		return 0;
	if (arrival) {
		owner.origin = arrival->owner.origin;
		owner.known = arrival->owner.known;
	}
	owner.origin.time = bpf_ktime_get_boot_ns();
	err = bpf_map_update_elem(&owners, &key, &owner, BPF_NOEXIST);
	if (err && err != -EEXIST)	/* accepted meanwhile, on another CPU */
		lose(LOSS_MAP);
	return 0;
}

/* The current process owns the connection: it has just accepted it, or is the first that we see act on it. */
static __noinline int owner_is_current(const struct sock___own *sk)
{
	struct owner *owner = owner_of(sk);
	__u64 start;

	if (!owner)
		return 0;
	if (!owner_passes()) {
		owner_forget(sk);
		return 0;
	}
	start = owner->origin.time;
	origin_fill(&owner->origin);
	owner->origin.time = start;
	owner->known = true;
	return 0;
}

/* close(2) or shutdown(2), in the context of a process that has the socket; `unseen`: also of those from before the tool. */
static __noinline int owner_closing(const struct sock___own *sk, bool unseen)
{
	struct owner *owner = owner_of(sk), late = { .known = true };
	__u64 key = (__u64)sk;

	if (owner)
		return owner->known ? 0 : owner_is_current(sk);
	if (!unseen || !owner_passes())
		return 0;
	origin_fill(&late.origin);
	late.origin.time = 0;
	return map_put(&owners, &key, &late);
}

static __noinline int owner_changed(const struct sock___own *sk, int old, int new, bool unseen)
{
	switch (new) {
	case TCP_LISTEN:
	case TCP_SYN_SENT:
		return owner_opened(sk, new == TCP_SYN_SENT);
	case TCP_SYN_RECV:
		return old == TCP_LISTEN ? owner_arriving(sk) : 0;
	case TCP_ESTABLISHED:
		return old == TCP_SYN_RECV ? owner_arrived(sk) : 0;
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		return owner_closing(sk, unseen);
	}
	return 0;
}

/* On another CPU, accept(2) may be faster than the change of state that ends the handshake. */
static __noinline int owner_accepted(const struct sock___own *sk)
{
	struct owner owner = {};
	__u64 key = (__u64)sk;

	if (owner_of(sk))
		return owner_is_current(sk);
	if (BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_SYN_RECV || !filter_sock(false, sk))
		return 0;
	owner.known = owner_passes();	/* else it would go to who listens */
	origin_fill(&owner.origin);
	/* where there is no room, the change of state will count it */
	return bpf_map_update_elem(&owners, &key, &owner, BPF_NOEXIST);
}

/* The sockets that are there already, and a process that has them: run once by sock_owners_meet() in user/lib/sock.c. */
SEC("?iter/task_file")
int off__owner_meet(struct bpf_iter__task_file *ctx)
{
	struct owner owner = { .known = true };
	struct task_struct *task = (void *)ctx->task;
	struct file___own *file = (void *)ctx->file;
	const bool direct = false;
	const struct sock___own *sk;
	__u64 key;

	if (!task || !file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	sk = BPF_CORE_READ(file, private_data, sk);
	if (!sock_is_tcp(sk) || !filter_task(direct, task))
		return 0;
	key = (__u64)sk;
	owner.origin.pid = task_tgid(task);
	owner.origin.tid = task_tid(task);
	if (common.want_cgroup)
		owner.origin.cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	if (common.want_comm)
		bpf_probe_read_kernel_str(owner.origin.comm, COMM_LEN, &task->comm);
	if (bpf_map_update_elem(&owners, &key, &owner, BPF_NOEXIST) == -E2BIG)
		lose(LOSS_MAP);
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE)	/* since then: nothing would delete it */
		owner_forget(sk);
	return 0;
}

/* Into a record of the current moment: that it isn't known whose socket it is about. */
static __always_inline void origin_unknown(struct origin *o)
{
	__u64 time = o->time;
	__u32 cpu = o->cpu;

	__builtin_memset(o, 0, sizeof(*o));
	o->time = time;
	o->cpu = cpu;
}

/* ... or that it is. */
static __always_inline void owner_fill(struct origin *o, const struct sock___own *sk, const struct owner *owner)
{
	struct origin now = *o;

	if (owner && owner->known)
		*o = owner->origin;
	else
		origin_unknown(o);
	o->time = now.time;
	o->cpu = now.cpu;
	o->uid = common.want_uid ? BPF_CORE_READ(sk, sk_uid.val) : 0;
}

/* For tools that have nothing of their own to do when a state changes. */
#define OWNERS								\
ON_TCP_STATE								\
{									\
	owner_changed(sk, old, new, true);				\
	if (new == TCP_CLOSE)						\
		owner_forget(sk);					\
	return 0;							\
}									\
									\
ON_TCP_ACCEPT								\
{									\
	return owner_accepted(sk);					\
}

/* False: it is somebody's who doesn't pass the filters, or nobody's that is known where there are some. */
static __always_inline bool owner_wanted(const struct owner *owner)
{
	return !SOCK_OWNER_FILTERS || (owner && owner->known);
}

#endif
