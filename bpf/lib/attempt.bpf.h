/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* connect(2) of TCP, from SYN_SENT, in the context of who called it, to the state that ends the attempt. */
#ifndef ATTEMPT_BPF_H
#define ATTEMPT_BPF_H

#include "lib/event.bpf.h"
#include "lib/tcp.bpf.h"

struct attempt {
	struct origin origin;
	struct flow flow;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);	/* --max-entries */
	__type(key, __u64);		/* struct sock * */
	__type(value, struct attempt);
} attempts SEC(".maps");

/* False where it doesn't pass the filters.  The local port is 0 unless bind(2) was called. */
static __always_inline bool attempt_fill(const struct sock___own *sk, struct attempt *a)
{
	flow_fill(false, sk, &a->flow);
	a->flow.lport = BPF_CORE_READ(sk, __sk_common.skc_num);
	if ((SOCK_FLOW_FILTERS && !flow_passes(&a->flow, true)) || !filter_current())
		return false;
	origin_fill(&a->origin);
	return true;
}

static __always_inline int attempt_begin(const struct sock___own *sk)
{
	struct attempt attempt = {};
	__u64 key = (__u64)sk;

	return attempt_fill(sk, &attempt) ? map_put(&attempts, &key, &attempt) : 0;
}

/* False where it isn't known, or turns out not to pass the filters: now it has its local port. */
static __always_inline bool attempt_end(const struct sock___own *sk, struct attempt *to)
{
	struct attempt *attempt;
	struct flow flow = {};
	__u64 key = (__u64)sk;

	attempt = bpf_map_lookup_elem(&attempts, &key);
	if (!attempt)
		return false;
	*to = *attempt;
	bpf_map_delete_elem(&attempts, &key);
	flow_fill(false, sk, &flow);
	to->flow.lport = flow.lport;
	return filter_flow(&to->flow);
}

#endif
