/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes that the caller moved, in pieces, each of which is a record of its own as long as it needs to be:
 *
 *	static __always_inline void data_fill(struct NAME_event *e, const DATA_FROM *call) { ... all but the origin and e->data }
 *	DATA_SEND(struct NAME_event)
 *	... data_send(call, buffer, length, offset, size);
 */
#ifndef DATA_BPF_H
#define DATA_BPF_H

#include "lib/event.bpf.h"
#include "lib/data.h"

const volatile __u32 data_most = DATA_PIECE;	/* of one call */

/* Room for a number of bytes that is known before, a power of two, as the ring wants it. */
#define DATA_RECORD(event_t, call, from, all, at, n, room) ({		\
	event_t *__e = event_reserve_bytes(sizeof(*__e) + (room));	\
	__u64 __n = (n) & ~DATA_LAST;					\
									\
	if (__e) {							\
		data_fill(__e, call);					\
		__e->data.length = all;					\
		__e->data.offset = at;					\
		__e->data.last = !!((n) & DATA_LAST);			\
		__e->data.pad = 0;					\
		barrier_var(__n);					\
		if (__n > (room))					\
			__n = room;					\
		if (__n && bpf_probe_read_user(__e->data.bytes, __n, (void *)(from))) { \
			lose(LOSS_READ);				\
			__n = 0;					\
		}							\
		__e->data.size = __n;					\
		event_submit_bytes(__e, sizeof(*__e) + (room));		\
	}								\
})

#define DATA_LAST (1U << 31)

/* At most DATA_PIECE bytes; with DATA_LAST: no more comes. */
#define DATA_SEND(event_t)						\
static __noinline int data_send(const DATA_FROM *call, __u64 from, __u64 all, __u32 at, __u32 n) \
{									\
	if ((n & ~DATA_LAST) <= 256)						\
		DATA_RECORD(event_t, call, from, all, at, n, 256);	\
	else if ((n & ~DATA_LAST) <= 2048)					\
		DATA_RECORD(event_t, call, from, all, at, n, 2048);	\
	else								\
		DATA_RECORD(event_t, call, from, all, at, n, DATA_PIECE); \
	return 0;							\
}									\
									\
/* All that is wanted of `all` bytes there; no buffer: their number. */	\
static __always_inline void data_send_all(const DATA_FROM *call, __u64 from, __u64 all) \
{									\
	__u64 left = all < data_most ? all : data_most;			\
									\
	if (!from)							\
		left = 0;						\
	for (__u32 i = 0; i < DATA_PIECES; i++) {			\
		__u32 n = left > DATA_PIECE ? DATA_PIECE : left | DATA_LAST; \
									\
		data_send(call, from + i * DATA_PIECE, all, i * DATA_PIECE, n); \
		if (n & DATA_LAST)					\
			break;						\
		left -= DATA_PIECE;					\
	}								\
}

#endif
