/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Does a request begin where the disk's last one ended? */
#ifndef BLOCK_NEXT_BPF_H
#define BLOCK_NEXT_BPF_H

#include "lib/block_order.h"

struct block_next {
	__u64 sector, made;	/* the last one's; -1: none yet */
	__u64 next;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);	/* device number */
	__type(value, struct block_next);
} nexts SEC(".maps");

/*
 * To be called as requests are issued.  Unknown: the disk's first one, one that the driver gets again, and one of
 * no length, as flushes are.
 */
static __always_inline enum block_order block_order(const bool direct, struct request *rq)
{
	static const struct block_next none = { -1ULL, -1ULL, -1ULL };
	__u64 sector = READ(rq, __sector), made = READ(rq, start_time_ns);
	__u32 disk = request_disk(rq), bytes = READ(rq, __data_len);
	struct block_next *last;
	enum block_order order;

	if (!bytes)
		return BLOCK_UNKNOWN;
	last = map_get_or_init(&nexts, &disk, &none);
	if (!last || (last->sector == sector && last->made == made))
		return BLOCK_UNKNOWN;
	order = last->next == -1ULL ? BLOCK_UNKNOWN : last->next == sector ? BLOCK_SEQUENTIAL : BLOCK_RANDOM;
	last->sector = sector;
	last->made = made;
	last->next = sector + (bytes >> 9);
	return order;
}

#endif
