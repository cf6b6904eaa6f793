// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/block.bpf.h"
#include "lib/block_next.bpf.h"
#include "biopattern.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);	/* device number */
	__type(value, struct biopattern_value);
} disks SEC(".maps");

ON_BLOCK_ISSUE(rq)
{
	static const struct biopattern_value zero;
	__u32 disk = request_disk(rq);
	struct biopattern_value *value;
	enum block_order order;

	if (only_disk && disk != only_disk)
		return 0;
	order = block_order(direct, rq);
	if (order == BLOCK_UNKNOWN)
		return 0;
	value = map_get_or_init(&disks, &disk, &zero);
	if (!value)
		return 0;
	add(&value->count, 1);
	add(&value->bytes, READ(rq, __data_len));
	add(order == BLOCK_SEQUENTIAL ? &value->sequential : &value->random, 1);
	return 0;
}
