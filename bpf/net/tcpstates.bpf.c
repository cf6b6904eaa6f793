// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/owner.bpf.h"
#include "tcpstates.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);	/* struct sock * */
	__type(value, __u64);	/* ns: its last change of state */
} changes SEC(".maps");

static __always_inline __u64 in_state(const struct sock___own *sk, int new)
{
	__u64 key = (__u64)sk, now = bpf_ktime_get_boot_ns(), *last, ns = 0;

	last = bpf_map_lookup_elem(&changes, &key);
	if (last) {
		ns = now - *last;
		*last = now;
	} else if (new != TCP_CLOSE) {
		map_put(&changes, &key, &now);
	}
	return ns;
}

static __noinline int show(const struct sock___own *sk, int old, int new, __u64 arrived)
{
	const struct owner *owner = owner_of(sk);
	struct tcpstates_event *e;
	struct flow flow = {};
	__u64 ns;

	flow_fill(false, sk, &flow);
	if (!owner_wanted(owner) || !filter_flow(&flow))
		return 0;
	ns = new == TCP_SYN_RECV && arrived ? 0 : in_state(sk, new);
	e = event_reserve(struct tcpstates_event);
	if (!e)
		return 0;
	owner_fill(&e->origin, sk, owner);
	if (new == TCP_SYN_RECV && arrived)
		e->origin.time = arrived;
	else if (arrived)
		ns = e->origin.time - arrived;
	e->flow = flow;
	e->socket = (__u64)sk;
	e->in_state = ns;
	e->from = old;
	e->to = new;
	event_submit(e);
	return 0;
}

/*
 * A socket that is made for the end of a handshake has its other end's name only after its first change of
 * state, and may be dropped without another one: that change is shown with the next, with the time it had.
 */
static __noinline int show_arrival(const struct sock___own *sk, int new)
{
	const struct owner_arrival *arrival = owner_arrival_of(sk);
	__u64 arrived = arrival ? arrival->time : 0;

	if (arrived)
		show(sk, TCP_LISTEN, TCP_SYN_RECV, arrived);
	return show(sk, TCP_SYN_RECV, new, arrived);
}

ON_TCP_STATE
{
	owner_changed(sk, old, new, true);
	if (old == TCP_SYN_RECV)
		show_arrival(sk, new);
	else if (old != TCP_LISTEN || new != TCP_SYN_RECV)
		show(sk, old, new, 0);
	if (new == TCP_CLOSE) {
		__u64 key = (__u64)sk;

		owner_forget(sk);
		bpf_map_delete_elem(&changes, &key);
	}
	return 0;
}

ON_TCP_ACCEPT
{
	return owner_accepted(sk);
}
