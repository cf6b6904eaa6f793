// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/sock.bpf.h"
#include "lib/syscall.bpf.h"
#include "tcplife.h"

const volatile bool unseen_too;

/* What is known of a socket, from its first state to its last; of one that listens, whose it is. */
struct life {
	struct origin owner;	/* its time is the connection's start, 0: not seen */
	__u8 owned;
	__u8 active;		/* it called connect(2) */
	__u8 pad[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);	/* --max-entries */
	__type(key, __u64);		/* struct sock * */
	__type(value, struct life);
} lives SEC(".maps");

struct tcplife_cpu {
	__u64 changed;		/* the last change of state that the first program saw: socket, and states */
	__u32 from, to;
	__u64 sk;		/* the last socket made for a handshake, where its listener is known */
	struct origin owner;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tcplife_cpu);
} cpus SEC(".maps");

/* Not inlined: each is called from several programs. */
static __noinline bool passes(void)
{
	return filter_current();
}

/* connect(2) or listen(2), in the owner's context; of the two ports only the one that is given is known. */
static __noinline int opened(const struct sock___own *sk, bool active)
{
	struct life life = { .owned = true, .active = active };
	__u64 key = (__u64)sk;

	if (active && common.filters & ONLY_RPORTS &&
	    !filter_has(ONLY_RPORTS, bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport))))
		return 0;
	if (!passes())
		return 0;
	origin_fill(&life.owner);
	return map_put(&lives, &key, &life);
}

/* A socket made for the last packet of a handshake, in whatever context: the owner is the listener's for now. */
static __noinline int arriving(const struct sock___own *sk)
{
	const struct tcp_sock___own *tp = (const void *)sk;
	/* an empty list in this copy of the listener still points at itself there */
	__u64 listener = (__u64)BPF_CORE_READ(tp, tsorted_sent_queue.next) -
			 bpf_core_field_offset(struct tcp_sock___own, tsorted_sent_queue);
	const struct life *from = bpf_map_lookup_elem(&lives, &listener);
	struct tcplife_cpu *cpu;
	__u32 zero = 0;

	cpu = bpf_map_lookup_elem(&cpus, &zero);
	if (!cpu)
		return 0;
	cpu->sk = from ? (__u64)sk : 0;
	if (from)
		cpu->owner = from->owner;
	return 0;
}

/* On the same CPU a moment later, unless the kernel found that it had such a socket already. */
static __noinline int arrived(const struct sock___own *sk)
{
	struct tcplife_cpu *cpu;
	struct life life = {};
	__u64 key = (__u64)sk;
	__u32 zero = 0;

	if (common.filters & ONLY_LPORTS && !filter_has(ONLY_LPORTS, BPF_CORE_READ(sk, __sk_common.skc_num)))
		return 0;
	cpu = bpf_map_lookup_elem(&cpus, &zero);
	if (bpf_map_lookup_elem(&lives, &key) || !cpu)	/* both sides called connect(2) */
		return 0;
	if (cpu->sk == key) {
		life.owner = cpu->owner;
		life.owned = true;
	}
	life.owner.time = bpf_ktime_get_boot_ns();
	return map_put(&lives, &key, &life);
}

/* The current process owns the connection: it has just accepted it, or is the first that we see act on it. */
static __always_inline int owned(__u64 key, struct life *life)
{
	__u64 start = life->owner.time;

	if (!passes())
		return bpf_map_delete_elem(&lives, &key);
	origin_fill(&life->owner);
	life->owner.time = start;
	life->owned = true;
	return 0;
}

/* close(2) or shutdown(2), in the context of a process that has the socket. */
static __noinline int closing(__u64 key)
{
	struct life *life = bpf_map_lookup_elem(&lives, &key), unseen = { .owned = true };

	if (life)
		return life->owned ? 0 : owned(key, life);
	if (!unseen_too || !passes())
		return 0;
	origin_fill(&unseen.owner);
	unseen.owner.time = 0;
	return map_put(&lives, &key, &unseen);
}

static __always_inline bool fin_sent(int state)
{
	return state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

/* SYN and FIN take a sequence number each; they are no bytes of anybody's. */
static __always_inline void count_bytes(struct tcplife_event *e, const struct sock___own *sk, int state, const struct life *life)
{
	const struct tcp_sock___own *tp = (const void *)sk;
	__u64 acked = BPF_CORE_READ(tp, bytes_acked), received = BPF_CORE_READ(tp, bytes_received), sent;

	if (acked && life->active)
		acked--;
	if (acked && fin_sent(state) && BPF_CORE_READ(tp, snd_una) == BPF_CORE_READ(tp, write_seq))
		acked--;
	if (!life->owner.time) {	/* who connected to whom isn't known, but no more than was sent was acknowledged */
		sent = BPF_CORE_READ(tp, bytes_sent) - BPF_CORE_READ(tp, bytes_retrans);
		if (acked > sent)
			acked = sent;
	}
	if (received && BPF_CORE_READ(sk, __sk_common.skc_flags) & 1 << SOCK_DONE_BIT)
		received--;
	e->tx = acked;
	e->rx = received;
}

static __noinline int ended(const struct sock___own *sk, int state)
{
	const struct tcp_sock___own *tp = (const void *)sk;
	struct life *found, life = {};
	struct tcplife_event *e;
	struct flow flow = {};
	__u64 key = (__u64)sk;

	found = bpf_map_lookup_elem(&lives, &key);
	if (found) {
		life = *found;
		bpf_map_delete_elem(&lives, &key);
	}
	if (state == TCP_LISTEN || state == TCP_CLOSE || (!found && !unseen_too) || (!life.owned && SOCK_OWNER_FILTERS))
		return 0;
	if (!found && state == TCP_SYN_RECV)	/* a handshake that came to nothing, or was done already */
		return 0;
	flow_fill(sk, &flow);
	if (!filter_flow(&flow))
		return 0;
	e = event_reserve(struct tcplife_event);
	if (!e)
		return 0;
	life.owner.cpu = e->origin.cpu;
	e->life = life.owner.time ? e->origin.time - life.owner.time : 0;
	life.owner.uid = common.want_uid ? BPF_CORE_READ(sk, sk_uid.val) : 0;
	e->flow = flow;
	count_bytes(e, sk, state, &life);
	e->srtt = (BPF_CORE_READ(tp, srtt_us) >> 3) * 1000ULL;
	e->retransmits = BPF_CORE_READ(tp, total_retrans);
	e->state = state;
	life.owner.time = e->origin.time;
	e->origin = life.owner;
	event_submit(e);
	return 0;
}

static __noinline int changed(const struct sock___own *sk, int old, int new)
{
	switch (new) {
	case TCP_LISTEN:
	case TCP_SYN_SENT:
		return opened(sk, new == TCP_SYN_SENT);
	case TCP_SYN_RECV:
		return old == TCP_LISTEN ? arriving(sk) : 0;
	case TCP_ESTABLISHED:
		return old == TCP_SYN_RECV ? arrived(sk) : 0;
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		return closing((__u64)sk);
	case TCP_CLOSE:
		return ended(sk, old);
	}
	return 0;
}

ON_TRACE(inet_sock_set_state, const struct sock___own *sk, int old, int new)
{
	struct tcplife_cpu *cpu;
	__u32 zero = 0;

	if (READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	cpu = bpf_map_lookup_elem(&cpus, &zero);
	if (cpu) {
		cpu->changed = (__u64)sk;
		cpu->from = old;
		cpu->to = new;
	}
	return changed(sk, old, new);
}

/*
 * The kernel skips a program that an interrupt finds running on its CPU, and packets
 * come in by interrupts: this one, called after the other, does what that has missed.
 */
ON_TRACE_AS(again, inet_sock_set_state, const struct sock___own *sk, int old, int new)
{
	struct tcplife_cpu *cpu;
	__u32 zero = 0;

	if (READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	cpu = bpf_map_lookup_elem(&cpus, &zero);
	if (!cpu || (cpu->changed == (__u64)sk && cpu->from == (__u32)old && cpu->to == (__u32)new))
		return 0;
	return changed(sk, old, new);
}

static __noinline int accepted(__u64 key)
{
	struct life *life = bpf_map_lookup_elem(&lives, &key);

	return life ? owned(key, life) : 0;
}

/* args4: flags, err and kern became one struct: commit 92ef0fd55ac8, 6.10 */
ON_RETURN_AS(accept__args2, inet_csk_accept, void *sk, void *arg)
{
	return accepted(ret);
}

ON_RETURN_AS(accept__args4, inet_csk_accept, void *sk, int flags, int *err, bool kern)
{
	return accepted(ret);
}

/* Where functions can't be probed: the call as it returns. */
ON_SYSCALL_AS(accept, accept, accept4, socketcall)
{
	if (call->ret < 0)
		return 0;
	if (syscall_is(call, socketcall) && call->arg[0] != 5 && call->arg[0] != 18)	/* SYS_ACCEPT, SYS_ACCEPT4 */
		return 0;
	return accepted((__u64)sock_of_fd(call->ret));
}
