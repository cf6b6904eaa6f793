/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events of the kernel's allocators: their fields have kept their names, the tracepoints' arguments and the types have not. */
#ifndef KMEM_BPF_H
#define KMEM_BPF_H

#define KMEM_ALLOC_EVENT(name)							\
struct trace_event_raw_##name##___own {						\
	unsigned long call_site;						\
	const void *ptr;							\
	size_t bytes_alloc;							\
} __attribute__((preserve_access_index))

KMEM_ALLOC_EVENT(kmem_alloc);		/* until 6.0 */
KMEM_ALLOC_EVENT(kmalloc);
KMEM_ALLOC_EVENT(kmem_cache_alloc);
KMEM_ALLOC_EVENT(kmem_alloc_node);

#define KMEM_FREE_EVENT(name)							\
struct trace_event_raw_##name##___own {						\
	const void *ptr;							\
} __attribute__((preserve_access_index))

KMEM_FREE_EVENT(kfree);
KMEM_FREE_EVENT(kmem_free);		/* until 5.11 */
KMEM_FREE_EVENT(kmem_cache_free);

#define ___KMEM(ctx, event, old, field)						\
	(bpf_core_type_exists(struct trace_event_raw_##event##___own) ?		\
	 (__u64)BPF_CORE_READ((struct trace_event_raw_##event##___own *)(ctx), field) : \
	 (__u64)BPF_CORE_READ((struct trace_event_raw_##old##___own *)(ctx), field))

/* A field of the event `kmalloc` or `kmem_cache_alloc`; the address of what `kfree` or `kmem_cache_free` frees. */
#define KMEM_ALLOCATED(ctx, event, field) ___KMEM(ctx, event, kmem_alloc, field)
#define KMEM_FREED(ctx, event)		  ___KMEM(ctx, event, kmem_free, ptr)

#endif
