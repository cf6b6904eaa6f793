// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/tcp.bpf.h"
#include "lib/event.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/kernel.bpf.h"
#include "netlat.h"

#define PACKETS 4096	/* that are known to have come in, of all sockets */

const volatile __u64 min_ns, unit = 1000;
const volatile bool dist;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct tcp_sock___lat {
	__u32 copied_seq, write_seq, srtt_us;
};

struct sk_buff___lat {
	struct sock *sk;
	char cb[48];
	unsigned int len;
	__u16 transport_header;
	unsigned char *head, *data;
};

struct tcp_skb_cb___lat {
	__u32 seq, end_seq;
};
#pragma clang attribute pop

/* The parts of a TCP header that are read, include/uapi/linux/tcp.h. */
struct header {
	__be16 source, dest;
	__be32 seq, ack;
	__u8 offset, flags;
};

/* A request and what is known of its answer; times are those of the boot clock, 0: not yet. */
struct exchange {
	__u64 begun, queued, sent;
	__u64 received, arrived;
	__u32 first, answer;	/* sequence numbers where they begin */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);	/* --max-entries */
	__type(key, __u64);		/* struct sock * */
	__type(value, struct exchange);
} exchanges SEC(".maps");

/* Threads that write and read here. */
struct reader {
	__u64 by, woken;	/* the socket whose segment it was woken by */
	__u64 ran, asked;	/* when it got a CPU then; when it last called read(2) */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct reader);
} readers SEC(".maps");

/* Whose segment is being looked at on this CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} arriving SEC(".maps");

/* Each has one place; of two that have the same, the later one is known. */
struct packet {
	__u64 skb, time;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PACKETS);
	__type(key, __u32);
	__type(value, struct packet);
} packets SEC(".maps");

HISTOGRAMS(hists, struct netlat_key);

static __always_inline bool is_after(__u32 a, __u32 b)
{
	return (__s32)(a - b) > 0;
}

static __always_inline struct exchange *exchange_of(const void *sk)
{
	__u64 key = (__u64)sk;

	return bpf_map_lookup_elem(&exchanges, &key);
}

static __always_inline struct packet *packet_of(const struct sk_buff___lat *skb)
{
	__u32 at = (__u64)skb / 64 % PACKETS;

	return bpf_map_lookup_elem(&packets, &at);
}

static __always_inline struct reader *reader_of(__u32 tid)
{
	return bpf_map_lookup_elem(&readers, &tid);
}

static __always_inline struct reader *reader_here(void)
{
	static const struct reader none;
	__u32 tid = bpf_get_current_pid_tgid();

	return map_get_or_init(&readers, &tid, &none);
}

/* NULL where it isn't open, or is no TCP socket. */
static __noinline const struct sock___own *socket_at(__u32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct sock___own *sk;
	struct file___own *file;

	if (fd >= BPF_CORE_READ(task, files, fdt, max_fds))
		return NULL;
	file = sock_file_of(fd);
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	sk = BPF_CORE_READ(file, private_data, sk);
	return sock_is_tcp(sk) ? sk : NULL;
}

#define WRITES(nr) syscall_in(nr, write, writev, sendto, sendmsg, sendmmsg, sendfile)
#define READS(nr)  syscall_in(nr, read, readv, recvfrom, recvmsg, recvmmsg)

/* The first write begins the exchange; what follows before the answer belongs to it. */
static __always_inline int writes(__u32 fd)
{
	struct exchange exchange = { .begun = bpf_ktime_get_boot_ns() };
	const struct sock___own *sk;
	__u64 key;

	if (!filter_current())
		return 0;
	sk = socket_at(fd);
	if (!sk || exchange_of(sk) || !filter_sock(false, sk))
		return 0;
	reader_here();
	exchange.first = BPF_CORE_READ((const struct tcp_sock___lat *)sk, write_seq);
	key = (__u64)sk;
	return map_put(&exchanges, &key, &exchange);
}

___ON_SYSCALL_IF("raw_tp/sys_enter", syscall_entry, on_syscall_entry, false, WRITES(nr) || READS(nr))
{
	struct reader *reader;

	if (syscall_is(call, write) || syscall_is(call, writev) || syscall_is(call, sendto) || syscall_is(call, sendmsg) ||
	    syscall_is(call, sendmmsg) || syscall_is(call, sendfile))
		return writes(call->arg[0]);
	reader = reader_of(bpf_get_current_pid_tgid());
	if (reader)
		reader->asked = bpf_ktime_get_boot_ns();
	return 0;
}

/* Has this packet, on its way to a device, any byte of the request? */
static __noinline bool carries(const struct sk_buff___lat *skb, __u32 first)
{
	__u64 at = (__u64)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	__u64 end = (__u64)BPF_CORE_READ(skb, data) + BPF_CORE_READ(skb, len);
	struct header header = {};
	__u32 bytes;

	if (bpf_probe_read_kernel(&header, sizeof(header), (void *)at))
		return false;
	bytes = end - at - (header.offset >> 4) * 4;
	return (__s32)bytes > 0 && is_after(bpf_ntohl(header.seq) + bytes, first);
}

ON_TRACE(net_dev_queue, const struct sk_buff___lat *skb)
{
	struct exchange *exchange = exchange_of(READ(skb, sk));

	if (exchange && !exchange->queued && carries(skb, exchange->first))
		exchange->queued = bpf_ktime_get_boot_ns();
	return 0;
}

ON_TRACE(net_dev_start_xmit, const struct sk_buff___lat *skb)
{
	struct exchange *exchange = exchange_of(READ(skb, sk));

	if (exchange && !exchange->sent && carries(skb, exchange->first))
		exchange->sent = bpf_ktime_get_boot_ns();
	return 0;
}

/* Whose it is, the kernel doesn't know yet. */
ON_TRACE(netif_receive_skb, const struct sk_buff___lat *skb)
{
	struct packet *packet = packet_of(skb);

	if (packet) {
		packet->skb = (__u64)skb;
		packet->time = bpf_ktime_get_boot_ns();
	}
	return 0;
}

/* The answer is what its sender sent when it had got some of the request. */
ON_TRACE(tcp_probe, const struct sock___own *sk, const struct sk_buff___lat *skb)
{
	const struct tcp_skb_cb___lat *cb = (const void *)skb + bpf_core_field_offset(struct sk_buff___lat, cb);
	struct exchange *exchange = exchange_of(sk);
	const struct packet *packet;
	struct header header = {};
	__u32 zero = 0, end;
	__u64 *here;

	if (!exchange || exchange->arrived)
		return 0;
	end = BPF_CORE_READ(cb, end_seq);
	bpf_probe_read_kernel(&header, sizeof(header), READ(skb, data));
	if (end - BPF_CORE_READ(cb, seq) == (header.flags & 1) || !is_after(bpf_ntohl(header.ack), exchange->first))
		return 0;	/* a FIN takes a number, and is no data */
	exchange->answer = BPF_CORE_READ(cb, seq);
	packet = packet_of(skb);
	if (packet && packet->skb == (__u64)skb)
		exchange->received = packet->time;
	exchange->arrived = bpf_ktime_get_boot_ns();
	here = bpf_map_lookup_elem(&arriving, &zero);
	if (here)
		*here = (__u64)sk;
	return 0;
}

static __always_inline void arrives_no_more(void)
{
	__u32 zero = 0;
	__u64 *here = bpf_map_lookup_elem(&arriving, &zero);

	if (here && *here)
		*here = 0;
}

ON_TRACE(softirq_exit, unsigned int vector)
{
	arrives_no_more();
	return 0;
}

ON_TRACE(sched_waking, struct task_struct *task)
{
	struct reader *reader;
	__u32 zero = 0;
	__u64 *here = bpf_map_lookup_elem(&arriving, &zero);

	if (!here || !*here)
		return 0;
	reader = reader_of(READ(task, pid));
	if (!reader || task_on_cpu(task))
		return 0;
	reader->by = *here;
	reader->woken = bpf_ktime_get_boot_ns();
	return 0;
}

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct reader *reader = reader_of(READ(next, pid));

	arrives_no_more();
	if (reader && reader->woken > reader->ran)
		reader->ran = bpf_ktime_get_boot_ns();
	return 0;
}

/* A stage ends at `mark`; where that is not known, the next one has its time. */
static __always_inline void stage(__u64 *to, __u64 mark, __u64 *last)
{
	*to = mark > *last ? mark - *last : 0;
	if (mark > *last)
		*last = mark;
}

static __always_inline void stages_fill(__u64 *to, __u64 sk, const struct exchange *x, const struct reader *reader, __u64 now)
{
	__u64 last = x->begun;

	stage(&to[STAGE_SEND], x->queued, &last);
	stage(&to[STAGE_QDISC], x->sent, &last);
	stage(&to[STAGE_AWAY], x->received ?: x->arrived, &last);
	stage(&to[STAGE_RECEIVE], x->arrived, &last);
	stage(&to[STAGE_WAKEUP], reader->by == sk && reader->woken >= x->arrived ? reader->ran : 0, &last);
	stage(&to[STAGE_LATE], reader->asked, &last);
	stage(&to[STAGE_READ], now, &last);
}

static __always_inline int tell(const struct sock___own *sk, const struct exchange *x, const struct reader *reader)
{
	const struct tcp_sock___lat *tp = (const void *)sk;
	__u64 now = bpf_ktime_get_boot_ns();
	struct netlat_event *e;

	e = event_reserve(struct netlat_event);
	if (!e)
		return 0;
	__builtin_memset(&e->flow, 0, sizeof(e->flow));
	flow_fill(false, sk, &e->flow);
	e->total = now - x->begun;
	stages_fill(e->stage, (__u64)sk, x, reader, now);
	e->rtt = (__u64)BPF_CORE_READ(tp, srtt_us) * 1000 >> 3;	/* kept in eighths of a microsecond */
	e->wrote = BPF_CORE_READ(tp, write_seq) - x->first;
	e->read = BPF_CORE_READ(tp, copied_seq) - x->answer;
	event_submit(e);
	return 0;
}

/* Not inlined, so that the loop around it is unrolled. */
static __noinline int add_stage(__u32 which, __u64 ns)
{
	struct netlat_key key = { which };

	if (ns)
		hist_add(hists, &key, ns, unit);
	return 0;
}

static __always_inline int add_up(const struct sock___own *sk, const struct exchange *x, const struct reader *reader)
{
	__u64 stages[STAGES];

	stages_fill(stages, (__u64)sk, x, reader, bpf_ktime_get_boot_ns());
#pragma unroll
	for (__u32 i = 0; i < STAGES; i++)
		add_stage(i, stages[i]);
	return 0;
}

/* Some of the answer has been copied to who reads it. */
static __noinline int was_read(const struct sock___own *sk)
{
	struct exchange *exchange = exchange_of(sk), x;
	__u32 read = BPF_CORE_READ((const struct tcp_sock___lat *)sk, copied_seq);
	__u64 key = (__u64)sk;
	struct reader *reader;

	if (!exchange || !exchange->arrived || !is_after(read, exchange->answer))
		return 0;
	x = *exchange;
	bpf_map_delete_elem(&exchanges, &key);
	reader = reader_here();
	if (!reader || bpf_ktime_get_boot_ns() - x.begun < min_ns)
		return 0;
	return dist ? add_up(sk, &x, reader) : tell(sk, &x, reader);
}

ON_TRACE(tcp_rcv_space_adjust, const struct sock___own *sk)
{
	return was_read(sk);
}

ON_TRACE(tcp_destroy_sock, const struct sock___own *sk)
{
	__u64 key = (__u64)sk;

	return bpf_map_delete_elem(&exchanges, &key);
}

SEC("raw_tp/sched_process_exit")
int ended(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&readers, &tid);
	return 0;
}
