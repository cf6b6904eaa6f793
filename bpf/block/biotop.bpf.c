// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/asked.bpf.h"
#include "biotop.h"

struct biotop_key {
	__u32 pid, disk, op, pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct biotop_key);
	__type(value, struct biotop_value);
} rows SEC(".maps");

ON_BLOCK_ISSUE(rq)
{
	block_issue(direct, rq);
	return 0;
}

ON_BLOCK_DONE(asked, error)
{
	struct biotop_key key = { asked->origin.pid, request_disk(rq), BLOCK_OP(asked->flags), 0 };
	static const struct biotop_value zero;
	struct biotop_value *value = map_get_or_init(&rows, &key, &zero);

	if (!value)
		return 0;
	add(&value->count, 1);
	add(&value->bytes, asked->bytes);
	add(&value->ns, bpf_ktime_get_boot_ns() - asked->issued);
	add(&value->queued, asked->issued - asked->origin.time);
	if (!value->comm[0])
		__builtin_memcpy(value->comm, asked->origin.comm, COMM_LEN);
	return 0;
}
