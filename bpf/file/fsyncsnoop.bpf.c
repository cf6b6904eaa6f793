// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/block.bpf.h"
#include "lib/syscall.bpf.h"
#include "fsyncsnoop.h"

#define EBADF 9
#define CALL_32 0x40000000
#define FUA (1U << bpf_core_enum_value(enum req_flag_bits, __REQ_FUA))

const volatile __u64 min;
const volatile bool failed_only, want_file;

struct sync {
	__u64 start;
	__u64 bytes;
	__u32 writes, flushes;
};

/* By thread: what its call has done until now.  Only the thread itself comes here. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct sync);
} syncs SEC(".maps");

EVENT_SCRATCH(struct fsyncsnoop_event);

#define IS_SYNC(call)							\
	(syscall_is(call, fsync) || syscall_is(call, fdatasync) || syscall_is(call, syncfs) || \
	 syscall_is(call, sync_file_range) || syscall_is(call, sync_file_range2) || syscall_is(call, msync) || \
	 syscall_is(call, sync))

ON_SYSCALL_ENTRY(fsync, fdatasync, syncfs, sync_file_range, sync_file_range2, msync, sync)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct sync sync = {};

	if (!IS_SYNC(call) || !filter_current())
		return 0;
	sync.start = bpf_ktime_get_ns();
	return map_put(&syncs, &tid, &sync);
}

static __always_inline int queued(const bool direct, struct bio *bio)
{
	__u32 tid = bpf_get_current_pid_tgid(), flags;
	struct sync *sync = bpf_map_lookup_elem(&syncs, &tid);

	if (!sync)
		return 0;
	flags = READ(bio, bi_opf);
	if (flags & 1 && READ(bio, bi_iter.bi_size)) {	/* ops that write are odd */
		sync->writes++;
		sync->bytes += READ(bio, bi_iter.bi_size);
	}
	if (flags & (BLOCK_PREFLUSH | FUA))
		sync->flushes++;
	return 0;
}

/* In 5.10 the queue comes first. */
ON_TRACE_AS(queue__args1, block_bio_queue, struct bio *bio)
{
	return queued(direct, bio);
}

ON_TRACE_AS(queue__args2, block_bio_queue, struct request_queue *q, struct bio *bio)
{
	return queued(direct, bio);
}

ON_SYSCALL(fsync, fdatasync, syncfs, sync_file_range, sync_file_range2, msync, sync)
{
	bool no_file = syscall_is(call, sync) || syscall_is(call, msync);
	__u32 tid = bpf_get_current_pid_tgid(), len;
	struct sync *sync = bpf_map_lookup_elem(&syncs, &tid), copy;
	struct fsyncsnoop_event *e;

	if (!sync || !IS_SYNC(call))
		return 0;
	copy = *sync;
	bpf_map_delete_elem(&syncs, &tid);
	copy.start = bpf_ktime_get_ns() - copy.start;
	if (copy.start < min || (failed_only && call->ret >= 0) || !(e = event_scratch(struct fsyncsnoop_event)))
		return 0;
	origin_fill(&e->origin);
	e->latency = copy.start;
	e->bytes = copy.bytes;
	e->writes = copy.writes;
	e->flushes = copy.flushes;
	e->ret = call->ret;
	e->call = call->nr | (call->is_32 ? CALL_32 : 0);
	e->fd = no_file ? -1 : (int)call->arg[0];
	e->names_len = e->cut = 0;
	e->has_file = want_file && !no_file && e->ret != -EBADF;
	if (e->has_file)
		path_of_file(e->names, path_file(e->fd), &e->names_len, &e->cut);
	len = e->names_len & 0x1fff;
	event_output(e, offsetof(struct fsyncsnoop_event, names) + len);
	return 0;
}

/* A thread that is killed in a call. */
SEC("raw_tp/sched_process_exit")
int ended(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&syncs, &tid);
	return 0;
}
