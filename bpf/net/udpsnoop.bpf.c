// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/message.bpf.h"
#define DROP_PROTOCOL IPPROTO_UDP
#include "lib/drop.bpf.h"
#include "lib/event.bpf.h"
#include "udpsnoop.h"

const volatile bool drops_only, no_drops;

/* Whose a socket is: who used it last. The kernel tells nobody when one of UDP is closed, so the least used are forgotten. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);		/* struct sock * */
	__type(value, struct origin);
} users SEC(".maps");

static __always_inline bool message_talks(const struct sock___own *sk, const struct flow *to)
{
	return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_UDP;
}

static __always_inline void remember(const struct sock___own *sk)
{
	__u64 key = (__u64)sk;
	const struct origin *known = bpf_map_lookup_elem(&users, &key);
	struct origin now = {};

	if (known && known->tid == (__u32)current_ids())
		return;
	origin_fill(&now);
	map_put(&users, &key, &now);
}

static __noinline int moved(const struct message *m, __u32 what)
{
	struct sock___own *sk = message_socket(m->fd);
	struct udpsnoop_event *e;
	struct flow flow = {};

	if (!sk || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_UDP || !filter_current())
		return 0;
	message_talker(bpf_get_current_pid_tgid() >> 32);
	if (!no_drops)
		remember(sk);
	if (drops_only)
		return 0;
	flow_fill(false, sk, &flow);
	if (m->name)
		message_address(&flow, m->name);
	if (!filter_flow(&flow))
		return 0;
	e = event_reserve(struct udpsnoop_event);
	if (!e)
		return 0;
	e->flow = flow;
	e->what = what;
	e->bytes = m->len;
	e->reason = e->pad = 0;
	e->location = 0;
	event_submit(e);
	return 0;
}

static __noinline int message_sent(struct message *m)
{
	return moved(m, UDP_SENT);
}

static __noinline int message_received(struct message *m)
{
	return moved(m, UDP_RECEIVED);
}

ON_MESSAGES

ON_DROP
{
	const struct origin *user;
	struct udpsnoop_event *e;
	struct flow flow = {};
	__u64 key = (__u64)sk;
	bool outgoing;

	user = sk ? bpf_map_lookup_elem(&users, &key) : NULL;
	if (SOCK_OWNER_FILTERS && !user)
		return 0;
	outgoing = packet_flow(sk, packet, &flow);
	if (!filter_flow(&flow))
		return 0;
	e = event_reserve(struct udpsnoop_event);
	if (!e)
		return 0;
	e->origin.pid = user ? user->pid : 0;
	e->origin.tid = user ? user->tid : 0;
	e->origin.uid = user ? user->uid : 0;
	e->origin.cgroup = user ? user->cgroup : 0;
	if (user)
		__builtin_memcpy(e->origin.comm, user->comm, COMM_LEN);
	else
		e->origin.comm[0] = 0;
	e->flow = flow;
	e->what = outgoing ? UDP_DROPPED_OUT : UDP_DROPPED_IN;
	e->bytes = (packet->rest[0] << 8 | packet->rest[1]) - 8;	/* the header's own length */
	e->reason = reason;
	e->location = location;
	e->pad = 0;
	event_submit(e);
	return 0;
}
