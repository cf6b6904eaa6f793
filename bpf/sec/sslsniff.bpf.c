// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/tls.bpf.h"
#include "sslsniff.h"

const volatile __u32 max_size = SSLSNIFF_PIECE;

/* A record that has room for `room` bytes, a power of two: the ring wants to know how many before. */
#define SEND(call, at, n, room) ({					\
	struct sslsniff_event *__e = event_reserve_bytes(sizeof(*__e) + (room)); \
	__u64 __n = n;							\
									\
	if (__e) {							\
		__e->session = (call)->session;				\
		__e->latency = (call)->latency;				\
		__e->length = (call)->bytes;				\
		__e->function = (call)->function;			\
		__e->kind = (call)->what & TLS_KINDS;			\
		__e->offset = at;					\
		barrier_var(__n);					\
		if (__n > (room))					\
			__n = room;					\
		if (__n && bpf_probe_read_user(__e->data, __n, (void *)(call)->buffer + (at))) { \
			lose(LOSS_READ);				\
			__n = 0;					\
		}							\
		__e->size = __n;					\
		event_submit_bytes(__e, sizeof(*__e) + (room));		\
	}								\
})

static __noinline int send(const struct tls_done *call, __u32 at, __u32 n)
{
	if (n <= 256)
		SEND(call, at, n, 256);
	else if (n <= 2048)
		SEND(call, at, n, 2048);
	else
		SEND(call, at, n, SSLSNIFF_PIECE);
	return 0;
}

static __always_inline void tls_done(const struct tls_done *call)
{
	__u64 left = call->bytes < max_size ? call->bytes : max_size;

	if (call->failed)
		return;
	if (!call->buffer)	/* GnuTLS goes on with what it was given before */
		left = 0;
	for (__u32 i = 0; i < SSLSNIFF_PIECES; i++) {
		send(call, i * SSLSNIFF_PIECE, left < SSLSNIFF_PIECE ? left : SSLSNIFF_PIECE);
		if (left <= SSLSNIFF_PIECE)
			break;
		left -= SSLSNIFF_PIECE;
	}
}
