// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An object that has one of everything, for bpfrun and bpfprog: it knows nothing of corekit. */
#include "vmlinux.h"
#include "syscalls.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 only_pid;
const volatile char label[16] = "none";
const volatile struct { __u16 low; __s16 high; } range = { 1, -1 };

__u64 total;

struct event {
	__u32 pid;
	__u32 address;
	__s16 low, high;
	char label[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct note {
	__u32 pid, cpu;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} notes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct latencies {
	__u32 slots[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, char[8]);
	__type(value, struct latencies);
} latencies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} per_cpu SEC(".maps");

struct event *unused_event;
struct note *unused_note;

/* getpgid(2) of the process that was asked for: one of each. */
SEC("raw_tp/sys_enter")
int on_getpgid(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, one = 1;
	__u64 *count, zero = 0;
	struct event *e;
	struct note note = { pid, bpf_get_smp_processor_id() };
	__u32 *n;

	if (ctx->args[1] != NR_getpgid || pid != only_pid)
		return 0;
	__sync_fetch_and_add(&total, one);
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (e) {
		e->pid = pid;
		e->address = bpf_htonl(0x0a000001);
		e->low = range.low;
		e->high = range.high;
		for (int i = 0; i < 16; i++)
			e->label[i] = label[i];
		bpf_ringbuf_submit(e, 0);
	}
	bpf_perf_event_output(ctx, &notes, BPF_F_CURRENT_CPU, &note, sizeof(note));
	bpf_map_update_elem(&counts, &pid, &zero, BPF_NOEXIST);
	count = bpf_map_lookup_elem(&counts, &pid);
	if (count)
		__sync_fetch_and_add(count, one);
	n = bpf_map_lookup_elem(&per_cpu, &one);
	if (n)
		++*n;
	bpf_printk("getpgid %d", pid);
	return 0;
}

/* Off by default: fills the histogram. */
SEC("?raw_tp/sys_exit")
int fill(struct bpf_raw_tracepoint_args *ctx)
{
	struct latencies l = { .slots = { 0, 1, 2, 4, 0, 0, 0, 0 } };
	char key[8] = "disk";

	bpf_map_update_elem(&latencies, key, &l, BPF_NOEXIST);
	return 0;
}

SEC("?xdp")
int pass(struct xdp_md *ctx)
{
	__u64 one = 1;

	__sync_fetch_and_add(&total, one);
	return XDP_PASS;
}

SEC("?tc")
int passes(struct __sk_buff *skb)
{
	__u64 one = 1;

	__sync_fetch_and_add(&total, one);
	return 0;
}

SEC("?cgroup_skb/egress")
int egress(struct __sk_buff *skb)
{
	__u64 one = 1;

	__sync_fetch_and_add(&total, one);
	return 1;
}

SEC("?socket")
int seen(struct __sk_buff *skb)
{
	__u64 one = 1;

	__sync_fetch_and_add(&total, one);
	return 0;
}

SEC("?perf_event")
int sample(void *ctx)
{
	__u64 one = 1;

	__sync_fetch_and_add(&total, one);
	return 0;
}

SEC("?iter/bpf_map")
int list(struct bpf_iter__bpf_map *ctx)
{
	static const char format[] = "map seen\n";

	if (ctx->map)
		bpf_seq_write(ctx->meta->seq, format, sizeof(format) - 1);
	return 0;
}

/* What no verifier takes: reads where nothing was checked. */
SEC("?raw_tp/sys_enter")
int refused(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 key = 1;
	__u64 *count = bpf_map_lookup_elem(&counts, &key);

	return *count;
}

/* A place that no kernel has. */
SEC("?fentry/no_such_function_in_any_kernel")
int nowhere(void *ctx)
{
	return 0;
}
