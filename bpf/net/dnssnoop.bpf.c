// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/dns.bpf.h"
#include "lib/event.bpf.h"
#include "dnssnoop.h"

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

static __noinline int message_sent(struct message *m)
{
	struct sock___own *sk = message_socket(m->fd);
	struct dnssnoop_asked *a, *before;
	struct dnssnoop_key key = {};
	__u8 header[DNS_HEADER];
	__u32 zero = 0;

	a = bpf_map_lookup_elem(&asking, &zero);
	if (!sk || !a)
		return 0;
	__builtin_memset(&a->flow, 0, sizeof(a->flow));
	flow_fill(false, sk, &a->flow);
	if (m->name)
		message_address(&a->flow, m->name);
	if (!is_dns(&a->flow))
		return 0;
	message_talker(bpf_get_current_pid_tgid() >> 32);
	a->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (message_first_part(m) || !header_of(m, a->protocol == IPPROTO_TCP, header) || header[2] & 0x80)
		return 0;
	if (!filter_current() || !filter_flow(&a->flow))
		return 0;
	key.sk = (__u64)sk;
	key.id = header[0] << 8 | header[1];
	before = bpf_map_lookup_elem(&asked, &key);
	a->tries = before ? before->tries + 1 : 1;
	origin_fill(&a->origin);
	if (before)
		a->origin.time = before->origin.time;
	a->size = DNS_TAKE(m, a->message);
	return a->size ? map_put(&asked, &key, a) : 0;
}

static __noinline int message_received(struct message *m)
{
	struct sock___own *sk = message_watched() ? message_socket(m->fd) : NULL;
	struct dnssnoop_event *e = event_scratch(struct dnssnoop_event);
	struct dnssnoop_asked *question;
	struct dnssnoop_key key = {};
	__u8 header[DNS_HEADER];
	__u64 n;

	if (!sk || !e)
		return 0;
	e->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (message_first_part(m) || !header_of(m, e->protocol == IPPROTO_TCP, header) || !(header[2] & 0x80))
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
	e->length = m->len;
	n = DNS_TAKE(m, e->message);
	e->size = n;
	e->pad = 0;
	if (n)
		event_output(e, offsetof(struct dnssnoop_event, message) + n);
	return 0;
}

ON_MESSAGES
