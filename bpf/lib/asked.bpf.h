/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Block requests: who asked for each one, when, and when it went to the driver.  Who asks is only known as the
 * request is made; it may be given to the driver by another task, and it is done in an interrupt.
 *
 *	ON_BLOCK_ISSUE(rq)	   { struct asked *asked = block_issue(direct, rq); ... }
 *	ON_BLOCK_DONE(asked, error) { now - asked->issued ... }
 */
#ifndef ASKED_BPF_H
#define ASKED_BPF_H

#include "lib/block.bpf.h"
#include "lib/origin.bpf.h"

struct asked {
	struct origin origin;	/* its time is when it was asked for */
	__u64 issued;		/* boot clock; 0: not yet.  As it is then: */
	__u64 sector;
	__u32 bytes, flags;
	__u32 order, pad;	/* enum block_order, where the tool looks for it */
	__u64 stack;		/* that it was asked for in, where the tool takes it: BLOCK_STACK(ctx) */
};

#ifndef BLOCK_STACK
#define BLOCK_STACK(ctx) 0
#endif

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);	/* struct request *: a later request in the same memory takes its place; or struct bio * */
	__type(value, struct asked);
} requests SEC(".maps");

/* Who asked for a flush last, by disk: the driver gets one that the kernel makes for all who wait. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct origin);
} flushers SEC(".maps");

static __always_inline struct asked *block_asked(void *rq)
{
	__u64 key = (__u64)rq;

	return bpf_map_lookup_elem(&requests, &key);
}

static __always_inline void block_forget(void *rq)
{
	__u64 key = (__u64)rq;

	bpf_map_delete_elem(&requests, &key);
}

/* Not inlined: it is in several programs. */
static __noinline bool block_passes(void)
{
	return filter_current();
}

static __always_inline int block_ask(void *ctx, __u64 key, __u32 disk, __u32 flags)
{
	struct asked asked = {};

	if ((only_disk && disk != only_disk) || !block_passes()) {
		bpf_map_delete_elem(&requests, &key);
		if (flags & BLOCK_PREFLUSH)
			bpf_map_delete_elem(&flushers, &disk);
		return 0;
	}
	origin_fill(&asked.origin);
	asked.stack = BLOCK_STACK(ctx);
	if (flags & BLOCK_PREFLUSH)
		map_put(&flushers, &disk, &asked.origin);
	return map_put(&requests, &key, &asked);
}

#define block_ask_request(rq) block_ask(ctx, (__u64)(rq), request_disk(rq), READ(rq, cmd_flags))

/*
 * Since 6.5; before, a function that was renamed in 5.17; and where that is inlined, there is a tracepoint that knows
 * the bio which the request is made for.
 */
ON_TRACE_AS(ask__io, block_io_start, struct request *rq)
{
	return block_ask_request(rq);
}

ON_CALL_AS(ask__inner, __blk_account_io_start, struct request *rq)
{
	return block_ask_request(rq);
}

ON_CALL_AS(ask__outer, blk_account_io_start, struct request *rq)
{
	return block_ask_request(rq);
}

ON_TRACE_AS(ask__args1, block_getrq, struct bio *bio)
{
	return block_ask(ctx, (__u64)bio, disk_number(READ(bio, bi_bdev, bd_disk)), READ(bio, bi_opf));
}

/* A request that went into another one is never issued. */
ON_TRACE_AS(merge__args1, block_rq_merge, struct request *rq)
{
	block_forget(rq);
	block_forget(READ(rq, bio));
	return 0;
}

/* What was asked for by the bio is now known by the request; bios may have been merged before it, or behind. */
static __always_inline struct asked *block_asked_by_bio(const bool direct, struct request *rq)
{
	void *bio = READ(rq, bio);
	struct asked *asked = block_asked(bio), copy;
	__u64 key = (__u64)rq;

	if (!asked) {
		bio = READ(rq, biotail);
		asked = block_asked(bio);
	}
	if (!asked)
		return NULL;
	copy = *asked;
	block_forget(bio);
	return map_put(&requests, &key, &copy) ? NULL : block_asked(rq);
}

/*
 * What is known of a request that goes to the driver now; NULL: nobody wants to know.  One that nobody asked for
 * while we looked is laid to the current task, unless there are filters.
 */
static __always_inline struct asked *block_issue(const bool direct, struct request *rq)
{
	struct asked *asked = block_asked(rq) ?: block_asked_by_bio(direct, rq), new = {};
	__u32 flags = READ(rq, cmd_flags), disk;
	struct origin *who = NULL;
	__u64 key = (__u64)rq;

	if (!asked) {
		disk = request_disk(rq);
		if (only_disk && disk != only_disk)
			return NULL;
		if (BLOCK_OP(flags) == BLOCK_OP_FLUSH)
			who = bpf_map_lookup_elem(&flushers, &disk);
		if (!who && (common.filters || common.cgroups || !block_passes()))
			return NULL;
		origin_fill(&new.origin);
		if (who) {
			new.origin = *who;
			new.origin.time = bpf_ktime_get_boot_ns();
		}
		if (map_put(&requests, &key, &new))
			return NULL;
		asked = block_asked(rq);
		if (!asked)
			return NULL;
	}
	asked->issued = bpf_ktime_get_boot_ns();
	asked->sector = READ(rq, __sector);
	asked->bytes = READ(rq, __data_len);
	asked->flags = flags;
	return asked;
}

/* One that was issued and is all done now; the error is negative, or (since 5.18) a blk_status_t. */
#define ON_BLOCK_DONE(asked, error)					\
static __always_inline int on_block_done(const bool direct, struct request *rq, struct asked *asked, int error); \
ON_TRACE(block_rq_complete, struct request *rq, int error, unsigned int bytes) \
{									\
	struct asked *asked = block_asked(rq);				\
									\
	if (!asked)							\
		block_forget(READ(rq, bio));	/* of a flush, which isn't issued itself */ \
	if (!asked || bytes < READ(rq, __data_len))	/* fewer: the rest is still to come */ \
		return 0;						\
	if (asked->issued)						\
		on_block_done(direct, rq, asked, error);			\
	block_forget(rq);						\
	return 0;							\
}									\
static __always_inline int on_block_done(const bool direct, struct request *rq, struct asked *asked, int error)

#endif
