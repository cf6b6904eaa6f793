// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The same packet to the same handlers in three ways; the tool runs these programs itself, none is attached. */
#include "lib/tool.bpf.h"
#include <bpf/bpf_endian.h>
#include "tailcall.h"

__u64 counted[TAILCALL_WAYS][TAILCALL_KINDS];

/* The packet's protocol, as IPv4's header has it. */
static __always_inline __u32 protocol_of(struct __sk_buff *ctx)
{
	const __u8 *data = (void *)(long)ctx->data;

	return data + 34 > (const __u8 *)(long)ctx->data_end ? 255 : data[23];
}

static __always_inline int handle(__u32 way, __u32 kind)
{
	barrier_var(kind);
	counted[way][kind & (TAILCALL_KINDS - 1)]++;
	return 0;
}

SEC("tc")
int by_none(struct __sk_buff *ctx)
{
	__u32 protocol = protocol_of(ctx);

	barrier_var(protocol);
	return handle(TAILCALL_NONE, TAILCALL_OTHER);
}

SEC("tc")
int by_switch(struct __sk_buff *ctx)
{
	switch (protocol_of(ctx)) {
	case IPPROTO_TCP: return handle(TAILCALL_SWITCH, TAILCALL_TCP);
	case IPPROTO_UDP: return handle(TAILCALL_SWITCH, TAILCALL_UDP);
	case IPPROTO_ICMP: return handle(TAILCALL_SWITCH, TAILCALL_ICMP);
	default: return handle(TAILCALL_SWITCH, TAILCALL_OTHER);
	}
}

static __noinline int call_tcp(void) { return handle(TAILCALL_CALL, TAILCALL_TCP); }
static __noinline int call_udp(void) { return handle(TAILCALL_CALL, TAILCALL_UDP); }
static __noinline int call_icmp(void) { return handle(TAILCALL_CALL, TAILCALL_ICMP); }
static __noinline int call_other(void) { return handle(TAILCALL_CALL, TAILCALL_OTHER); }

SEC("tc")
int by_call(struct __sk_buff *ctx)
{
	switch (protocol_of(ctx)) {
	case IPPROTO_TCP: return call_tcp();
	case IPPROTO_UDP: return call_udp();
	case IPPROTO_ICMP: return call_icmp();
	default: return call_other();
	}
}

SEC("tc")
int tail_tcp(struct __sk_buff *ctx) { return handle(TAILCALL_TAIL, TAILCALL_TCP); }

SEC("tc")
int tail_udp(struct __sk_buff *ctx) { return handle(TAILCALL_TAIL, TAILCALL_UDP); }

SEC("tc")
int tail_icmp(struct __sk_buff *ctx) { return handle(TAILCALL_TAIL, TAILCALL_ICMP); }

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 256);	/* as many as there are protocols */
	__type(key, __u32);
	__array(values, int (struct __sk_buff *));
} handlers SEC(".maps") = {
	.values = {
		[IPPROTO_TCP] = &tail_tcp, [IPPROTO_UDP] = &tail_udp, [IPPROTO_ICMP] = &tail_icmp,
	},
};

/* A call does not come back; where the array has no program for it, it goes on here. */
SEC("tc")
int by_tail(struct __sk_buff *ctx)
{
	bpf_tail_call(ctx, &handlers, protocol_of(ctx));
	return handle(TAILCALL_TAIL, TAILCALL_OTHER);
}
