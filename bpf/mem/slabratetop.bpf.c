// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "slabratetop.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);	/* struct kmem_cache * */
	__type(value, struct slabratetop_value);
} caches SEC(".maps");

static __always_inline int count(struct kmem_cache *cache)
{
	static const struct slabratetop_value zero;
	struct slabratetop_value *value;
	__u64 key = (__u64)cache;

	if (!filter_current())
		return 0;
	value = map_get_or_init(&caches, &key, &zero);
	if (!value)
		return 0;
	if (!value->size) {
		value->size = BPF_CORE_READ(cache, size);
		bpf_probe_read_kernel_str(value->name, sizeof(value->name), BPF_CORE_READ(cache, name));
	}
	add(&value->count, 1);
	add(&value->bytes, value->size);
	return 0;
}

/*
 * The cache is an argument since 6.1; before, there were as many, so only the verifier can tell: no raw_tp.
 * Of what it sees, kmem_cache_alloc_node() and _lru() had events of their own, or none.
 */
SEC("?tp_btf/kmem_cache_alloc")
int BPF_PROG(tp_btf__alloc__event, unsigned long call_site, const void *ptr, struct kmem_cache *cache)
{
	/* The verifier only lets one read of it if it is one. */
	return *(volatile unsigned int *)&cache->size ? count(cache) : 0;
}

ON_CALL_AS(alloc__noprof, kmem_cache_alloc_noprof, struct kmem_cache *cache)
{
	return count(cache);
}

ON_CALL_AS(alloc__plain, kmem_cache_alloc, struct kmem_cache *cache)
{
	return count(cache);
}
