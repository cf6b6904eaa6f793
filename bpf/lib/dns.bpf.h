/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which messages are DNS: for tools with lib/message.bpf.h, whose message_talks() this is. */
#ifndef DNS_BPF_H
#define DNS_BPF_H

#include "lib/message.bpf.h"

#define DNS_HEADER 12

const volatile struct sock_ports dns_ports = { 1, { { 53, 53 } } };

static __noinline bool is_dns(const struct flow *f)
{
	return port_in(&dns_ports, f->rport);
}

static __always_inline bool message_talks(const struct sock___own *sk, const struct flow *to)
{
	return is_dns(to);
}

/* Over TCP a message comes after its length, unless that was sent or read before. */
static __always_inline bool header_of(struct message *p, bool is_tcp, __u8 *header)
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

/* As much of a message as the array `to` has room for; how many bytes that is, 0: it can't be read. */
#define DNS_TAKE(m, to) ({						\
	__u64 __n = (m)->len < sizeof(to) ? (m)->len : sizeof(to);	\
									\
	barrier_var(__n);						\
	if (__n > sizeof(to))						\
		__n = 0;						\
	if (bpf_probe_read_user(to, __n, (void *)(m)->at)) {		\
		lose(LOSS_READ);					\
		__n = 0;						\
	}								\
	__n;								\
})

#endif
