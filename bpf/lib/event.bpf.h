/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One ring buffer per tool, records as long as their data, and an exact count of what did not fit. */
#ifndef EVENT_BPF_H
#define EVENT_BPF_H

#include "lib/origin.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);	/* --buffer; docs/performance.md says why this size */
} events SEC(".maps");

/*
 * The reader sleeps with a timeout of its own; it is woken early only when another
 * common.wakeup bytes have come to wait, which is once in thousands of events.
 */
#define EVENT_SPACE(size) (((size) + 8 + 7) & ~7ULL)	/* with the ring's header, so that no boundary falls between */

static __always_inline __u64 event_wakeup(__u64 before, __u64 after)
{
	return (before ^ after) & -(__u64)common.wakeup ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* Room for one record of `size` bytes, a constant; NULL (and counted) when there is none. */
static __always_inline void *event_reserve_bytes(__u64 size)
{
	struct origin *o = bpf_ringbuf_reserve(&events, size, 0);

	if (o)
		origin_fill(o);
	else
		lose(LOSS_RING);
	return o;
}

static __always_inline void event_submit_bytes(void *e, __u64 size)
{
	__u64 waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	bpf_ringbuf_submit(e, event_wakeup(waiting - EVENT_SPACE(size), waiting));
}

#define event_reserve(type) ((type *)event_reserve_bytes(sizeof(type)))
#define event_submit(e)	    event_submit_bytes(e, sizeof(*(e)))
#define event_discard(e)    bpf_ringbuf_discard(e, BPF_RB_NO_WAKEUP)

/* A record built elsewhere, of a length that only the data knows. */
static __always_inline void event_output(void *e, __u64 size)
{
	__u64 waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	if (bpf_ringbuf_output(&events, e, size, event_wakeup(waiting, waiting + EVENT_SPACE(size))))
		lose(LOSS_RING);
}

/*
 * Memory to build such a record in, one per CPU.  Only for programs that can't be
 * preempted: tracepoints of every kind and kprobes, not fentry.
 */
#define EVENT_SCRATCH(record_t)					\
struct {								\
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);			\
	__uint(max_entries, 1);						\
	__type(key, __u32);						\
	__type(value, record_t);						\
} scratch SEC(".maps")

#define event_scratch(type) ({						\
	__u32 __zero = 0;						\
	(type *)bpf_map_lookup_elem(&scratch, &__zero);			\
})

#endif
