// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/owner.bpf.h"
#include "lib/hist.bpf.h"
#include "tcpcong.h"

const volatile __u64 unit = 1000;
const volatile bool dist;

/* In which state a connection is, and since when. */
struct now {
	__u64 since, last;	/* last: when it was seen to be in it */
	__u32 state;
	__u32 changes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);		/* struct sock *; deleted as it is closed */
	__type(value, struct now);
} states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);	/* --max-entries */
	__type(key, struct tcpcong_key);
	__type(value, struct tcpcong_value);
} flows SEC(".maps");

HISTOGRAMS(hists, struct tcpcong_state);

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct inet_connection_sock___cong {
	__u8 icsk_ca_state: 5;
};
#pragma clang attribute pop

/* The connection has been in that state until now. */
static __noinline int count(const struct sock___own *sk, const struct now *was, __u64 until, bool changed)
{
	static const struct tcpcong_value zero;
	struct tcpcong_state state = { .state = was->state };
	struct tcpcong_key key = {};
	struct tcpcong_value *value;
	const struct owner *owner = owner_of(sk);
	__u64 from;

	if (!owner_wanted(owner))
		return 0;
	flow_fill(false, sk, &key.flow);
	if (!filter_flow(&key.flow))
		return 0;
	if (dist) {
		hist_add_nested(hists, &state, until - was->since, unit);
		return 0;
	}
	value = map_get_or_init(&flows, &key, &zero);
	from = was->state;
	barrier_var(from);
	if (!value || from >= CONG_STATES)
		return 0;
	if (owner && owner->known) {
		value->pid = owner->origin.pid;
		__builtin_memcpy(value->comm, owner->origin.comm, COMM_LEN);
	}
	add(&value->time[from], until - was->since);
	if (changed)
		add(&value->changes, 1);
	return 0;
}

/* `by_look`: it isn't told as it comes into the state, but has been in it since it was looked at last. */
static __noinline int is_in(const struct sock___own *sk, __u32 state, bool by_look)
{
	struct now *now, new = { .state = state };
	__u64 key = (__u64)sk;

	new.since = new.last = bpf_ktime_get_boot_ns();
	now = bpf_map_lookup_elem(&states, &key);
	if (!now)	/* since when it was in another isn't known */
		return map_put(&states, &key, &new);
	if (now->state == state) {
		now->last = new.last;
		return 0;
	}
	if (by_look)
		new.since = now->last;
	new.changes = now->changes + 1;
	count(sk, now, new.since, true);
	*now = new;
	return 0;
}

/* Since 5.19. */
ON_TRACE_AS(congestion__set, tcp_cong_state_set, const struct sock___own *sk, __u8 state)
{
	return sock_is_tcp(sk) ? is_in(sk, state, false) : 0;
}

/* Before, the state is looked at as each segment comes in: it was set as the one before that did, or by a timer. */
ON_TRACE_AS(congestion__seen, tcp_probe, const struct sock___own *sk)
{
	const struct inet_connection_sock___cong *icsk = (const void *)sk;

	return is_in(sk, BPF_CORE_READ_BITFIELD_PROBED(icsk, icsk_ca_state), true);
}

ON_TCP_STATE
{
	__u64 key = (__u64)sk;
	struct now *now;

	owner_changed(sk, old, new, true);
	if (new == TCP_ESTABLISHED)
		is_in(sk, 0, false);
	if (new != TCP_CLOSE)
		return 0;
	now = bpf_map_lookup_elem(&states, &key);
	if (now && now->changes)	/* of one that was always open there is nothing to tell */
		count(sk, now, bpf_ktime_get_boot_ns(), false);
	bpf_map_delete_elem(&states, &key);
	owner_forget(sk);
	return 0;
}

ON_TCP_ACCEPT
{
	return owner_accepted(sk);
}
