// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/points.bpf.h"
#include "lib/stack.bpf.h"
#include "stackcount.h"

const volatile bool by_process, with_regex;	/* with_regex: for user space */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct stackcount_key);
	__type(value, __u64);
} counts SEC(".maps");

static __always_inline int count(void *ctx, bool entry)
{
	struct stackcount_key key = {};
	__u64 zero = 0, *value;

	if (common.filters & ONLY_CPUS && !filter_has(ONLY_CPUS, bpf_get_smp_processor_id()))
		return 0;
	if (!filter_current())
		return 0;
	if (by_process) {
		key.pid = current_ids() >> 32;
		bpf_get_current_comm(key.comm, sizeof(key.comm));
	}
	key.kernel = entry ? 0 : stack_kernel(ctx);
	key.user = entry ? stack_user_entry(ctx) : stack_user(ctx);
	value = map_get_or_init(&counts, &key, &zero);
	if (value)
		add(value, 1);
	return 0;
}

POINTS(count)
