// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/kmem.bpf.h"
#include "lib/probe.bpf.h"
#include "slabage.h"

const volatile __u64 older;		/* for user space */
const volatile bool by_cache;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__type(key, __u64);		/* its address */
	__type(value, struct slabage_object);
} objects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);		/* struct kmem_cache * */
	__type(value, char[CACHE_NAME]);
} caches SEC(".maps");

static __always_inline int allocated(__u64 site, __u64 address, struct kmem_cache *cache, __u32 size, bool from_kmalloc)
{
	struct slabage_object object = { bpf_ktime_get_boot_ns(), site, (__u64)cache, size, from_kmalloc };

	if (address <= 16 || !filter_current())		/* ZERO_SIZE_PTR */
		return 0;
	if (cache && !bpf_map_lookup_elem(&caches, &object.cache)) {
		char name[CACHE_NAME] = {};

		bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(cache, name));
		map_put(&caches, &object.cache, name);
	}
	map_put(&objects, &address, &object);
	return 0;
}

static __always_inline int freed(__u64 address)
{
	bpf_map_delete_elem(&objects, &address);
	return 0;
}

/* The cache is an argument since 6.1; before, there were as many, so only the verifier can tell: no raw_tp. */
SEC("?tp_btf/kmem_cache_alloc")
int BPF_PROG(tp_btf__kmem_cache_alloc, unsigned long site, const void *address, struct kmem_cache *cache)
{
	__u32 size = *(volatile unsigned int *)&cache->size;

	return allocated(site, (__u64)address, cache, size, false);
}

SEC("?tp/kmem/kmem_cache_alloc")
int tp__kmem_cache_alloc(void *ctx)
{
	return allocated(KMEM_ALLOCATED(ctx, kmem_cache_alloc, call_site), KMEM_ALLOCATED(ctx, kmem_cache_alloc, ptr), NULL,
			 KMEM_ALLOCATED(ctx, kmem_cache_alloc, bytes_alloc), false);
}

SEC("?tp/kmem/kmem_cache_alloc_node")
int tp__kmem_cache_alloc_node(void *ctx)
{
	struct trace_event_raw_kmem_alloc_node___own *e = ctx;

	return allocated(BPF_CORE_READ(e, call_site), (__u64)BPF_CORE_READ(e, ptr), NULL, BPF_CORE_READ(e, bytes_alloc), false);
}

SEC("?tp/kmem/kmalloc")
int tp__kmalloc(void *ctx)
{
	return allocated(KMEM_ALLOCATED(ctx, kmalloc, call_site), KMEM_ALLOCATED(ctx, kmalloc, ptr), NULL,
			 KMEM_ALLOCATED(ctx, kmalloc, bytes_alloc), true);
}

SEC("?tp/kmem/kmalloc_node")
int tp__kmalloc_node(void *ctx)
{
	struct trace_event_raw_kmem_alloc_node___own *e = ctx;

	return allocated(BPF_CORE_READ(e, call_site), (__u64)BPF_CORE_READ(e, ptr), NULL, BPF_CORE_READ(e, bytes_alloc), true);
}

SEC("?tp/kmem/kfree")
int tp__kfree(void *ctx)
{
	return freed(KMEM_FREED(ctx, kfree));
}

SEC("?tp/kmem/kmem_cache_free")
int tp__kmem_cache_free(void *ctx)
{
	return freed(KMEM_FREED(ctx, kmem_cache_free));
}
