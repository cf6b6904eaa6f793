// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs of others, one after the other, as long as each one's verdict allows it: each takes the place of a function here. */
#include "lib/tool.bpf.h"
#include "xdpload.h"

const volatile __u32 n_programs;
const volatile __u32 chain[XDPLOAD_MOST];
const volatile bool alone;	/* the only one is called as programs call each other, where functions can't be replaced */

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} only SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XDPLOAD_MOST);
	__type(key, __u32);
	__type(value, struct xdpload_program);
} programs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDPLOAD_MOST);
	__type(key, __u32);
	__type(value, struct xdpload_value);
} counts SEC(".maps");

/* The compiler must not know what it returns, nor put it where it is called. */
#define PLACE(n)								\
__attribute__((noinline)) int place##n(struct xdp_md *ctx)			\
{										\
	volatile int verdict = XDP_PASS;					\
										\
	return ctx ? verdict : XDP_ABORTED;					\
}

PLACE(0) PLACE(1) PLACE(2) PLACE(3) PLACE(4) PLACE(5) PLACE(6) PLACE(7) PLACE(8) PLACE(9)

static __always_inline bool goes_on(const __u32 place, __u32 verdict)
{
	__u32 key = place;	/* the other one remains a constant */
	struct xdpload_value *value = bpf_map_lookup_elem(&counts, &key);
	__u32 at = verdict > XDP_REDIRECT ? XDPLOAD_OTHER : verdict;

	if (value) {
		value->runs++;
		barrier_var(at);	/* so that the verifier sees what the compiler knows */
		value->verdicts[at % XDPLOAD_VERDICTS]++;
	}
	return verdict <= XDP_REDIRECT && chain[place] & 1U << verdict;
}

#define RUN(n)									\
	if (n_programs > n) {							\
		verdict = place##n(ctx);					\
		if (!goes_on(n, verdict))					\
			return verdict;						\
	}

SEC("?xdp")
int on_xdp(struct xdp_md *ctx)
{
	__u32 verdict = XDP_PASS, zero = 0;

	if (alone) {
		struct xdpload_value *value = bpf_map_lookup_elem(&counts, &zero);

		if (value)
			value->runs++;
		bpf_tail_call(ctx, &only, 0);
		return XDP_PASS;
	}
	RUN(0) RUN(1) RUN(2) RUN(3) RUN(4) RUN(5) RUN(6) RUN(7) RUN(8) RUN(9)
	return verdict;
}
