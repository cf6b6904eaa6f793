// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/peak.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/stack.bpf.h"
#define BLOCK_STACK(ctx) stack_kernel(ctx)
#include "lib/asked.bpf.h"
#include "biostacks.h"

const volatile __u64 unit = 1000;
const volatile bool dist, queued;

HISTOGRAMS(hists, struct biostacks_key);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct biostacks_key);
	__type(value, struct biostacks_value);
} requests_by_stack SEC(".maps");

static __always_inline void count(const struct asked *asked, __u32 disk, __u64 ns)
{
	struct biostacks_key key = { .kernel = asked->stack, .pid = asked->origin.pid, .disk = disk };
	struct biostacks_value *value, zero = {};

	__builtin_memcpy(key.comm, asked->origin.comm, sizeof(key.comm));
	if (dist) {
		hist_add(hists, &key, ns, unit);
		return;
	}
	value = map_get_or_init(&requests_by_stack, &key, &zero);
	if (!value)
		return;
	add(&value->total, ns);
	add(&value->count, 1);
	peak_put(&value->max, ns);
}

ON_BLOCK_ISSUE(rq)
{
	struct asked *asked = block_issue(direct, rq);

	if (asked && queued)
		count(asked, request_disk(rq), asked->issued - asked->origin.time);
	return 0;
}

ON_BLOCK_DONE(asked, error)
{
	if (!queued)
		count(asked, request_disk(rq), bpf_ktime_get_boot_ns() - asked->origin.time);
	return 0;
}
