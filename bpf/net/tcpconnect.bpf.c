// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/attempt.bpf.h"
#include "lib/dns.bpf.h"
#include "tcpconnect.h"

const volatile bool want_lport, count;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct tcpconnect_key);
	__type(value, __u64);
} counts SEC(".maps");

EVENT_SCRATCH(struct tcpconnect_answer);

static __noinline int add_to_counts(const struct attempt *attempt)
{
	struct tcpconnect_key key = { .origin = { .pid = attempt->origin.pid }, .flow = attempt->flow };
	static const __u64 none;
	__u64 *n;

	__builtin_memcpy(key.origin.comm, attempt->origin.comm, sizeof(key.origin.comm));
	if (!want_lport)
		key.flow.lport = 0;
	n = map_get_or_init(&counts, &key, &none);
	if (n)
		add(n, 1);
	return 0;
}

/* The kernel chooses the local port after this change of state: where it is asked for, the row waits for the next one. */
static __always_inline int show(const struct attempt *attempt)
{
	struct tcpconnect_event *e;

	if (count)
		return add_to_counts(attempt);
	e = event_reserve(struct tcpconnect_event);
	if (!e)
		return 0;
	e->origin = attempt->origin;
	e->flow = attempt->flow;
	e->connects = 1;
	event_submit(e);
	return 0;
}

ON_TCP_STATE
{
	const bool waits = want_lport || sock_lport.n || sock_port.n;
	struct attempt attempt = {};

	if (new == TCP_SYN_SENT) {
		if (waits)
			return attempt_begin(sk);
		return attempt_fill(sk, &attempt) ? show(&attempt) : 0;
	}
	if (!waits || old != TCP_SYN_SENT || !attempt_end(sk, &attempt))
		return 0;
	return show(&attempt);
}

/* Names, where they are asked for: whoever has a name server to talk to is listened to, whatever the filters are. */
static __noinline int message_sent(struct message *m)
{
	struct sock___own *sk = message_socket(m->fd);
	struct flow flow = {};

	if (!sk)
		return 0;
	flow_fill(false, sk, &flow);
	if (m->name)
		message_address(&flow, m->name);
	if (is_dns(&flow))
		message_talker(bpf_get_current_pid_tgid() >> 32);
	return 0;
}

static __noinline int message_received(struct message *m)
{
	struct sock___own *sk = message_watched() ? message_socket(m->fd) : NULL;
	struct tcpconnect_answer *e = event_scratch(struct tcpconnect_answer);
	__u8 header[DNS_HEADER];
	__u64 n;

	if (!sk || !e || message_first_part(m) || !header_of(m, BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP, header))
		return 0;
	if (!(header[2] & 0x80) || header[3] & 0xf)	/* a question, or no answer */
		return 0;
	origin_fill(&e->origin);
	__builtin_memset(&e->flow, 0, sizeof(e->flow));
	n = DNS_TAKE(m, e->message);
	e->size = n;
	e->pad = 0;
	if (n)
		event_output(e, offsetof(struct tcpconnect_answer, message) + n);
	return 0;
}

ON_MESSAGES
