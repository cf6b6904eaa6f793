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

/*
 * A socket that is made for the end of a handshake may be dropped again without another change of state: nothing
 * is kept of it until it is established.
 */
static __always_inline __u64 in_state(const struct sock___own *sk, const struct owner_arrival *arrival, int old, int new)
{
	__u64 key = (__u64)sk, now = bpf_ktime_get_boot_ns(), *last, ns;

	if (new == TCP_SYN_RECV && old == TCP_LISTEN)
		return 0;
	last = bpf_map_lookup_elem(&changes, &key);
	if (last) {
		ns = now - *last;
		*last = now;
		return ns;
	}
	if (new != TCP_CLOSE)
		map_put(&changes, &key, &now);
	return arrival && old == TCP_SYN_RECV ? now - arrival->time : 0;
}

static __noinline int show(const struct sock___own *sk, int old, int new)
{
	const struct owner_arrival *arrival = owner_arrival_of(sk);
	const struct owner *owner = owner_of(sk);
	struct tcpstates_event *e;
	struct flow flow = {};
	__u64 ns;

	if (!owner && arrival && old == TCP_LISTEN)
		owner = &arrival->owner;
	flow_fill(false, sk, &flow);
	if (!owner_wanted(owner) || !filter_flow(&flow))
		return 0;
	ns = in_state(sk, arrival, old, new);
	e = event_reserve(struct tcpstates_event);
	if (!e)
		return 0;
	owner_fill(&e->origin, sk, owner);
	e->flow = flow;
	e->socket = (__u64)sk;
	e->in_state = ns;
	e->from = old;
	e->to = new;
	event_submit(e);
	return 0;
}

ON_TCP_STATE
{
	owner_changed(sk, old, new, true);
	show(sk, old, new);
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
