// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/page_cache.bpf.h"
#include "cachetop.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct cachetop_key);
	__type(value, struct cachetop_value);
} processes SEC(".maps");

static __always_inline struct page_cache_counts *page_cache_counts(void)
{
	struct cachetop_key key = { current_ids() >> 32, bpf_get_current_uid_gid() };
	static const struct cachetop_value zero;
	struct cachetop_value *value = map_get_or_init(&processes, &key, &zero);

	if (!value)
		return NULL;
	if (!*value->comm)
		bpf_get_current_comm(value->comm, sizeof(value->comm));
	return &value->counts;
}
