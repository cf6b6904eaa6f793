// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/exit.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/kmem.bpf.h"
#include "lib/stack.bpf.h"
#include "memleak.h"

const volatile __u64 min_size, max_size = -1ULL, sample_rate = 1;
const volatile __u64 older = 500000000;	/* for user space */
const volatile bool show_allocs, percpu;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__type(key, struct memleak_key);
	__type(value, struct memleak_held);
} held SEC(".maps");

/* A call of an allocator that has not returned yet; those that it makes itself are none of the program's. */
struct calling {
	__u64 sp;
	__u64 size, stack;
	__u64 old;		/* realloc(): the memory that it had */
	__u64 result;		/* posix_memalign(): where the address is left */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct calling);
} calls SEC(".maps");

static __always_inline bool wanted(__u64 size)
{
	if (size < min_size || size > max_size)
		return false;
	if (sample_rate > 1 && bpf_get_prandom_u32() % sample_rate)
		return false;
	return true;
}

static __always_inline void hold(__u64 address, __u32 kind, __u64 size, __u64 stack)
{
	struct memleak_key key = { .address = address, .kind = kind };
	struct memleak_held value = { .size = size, .stack = stack };

	value.pid = current_ids() >> 32;
	key.pid = kind == MEMLEAK_USER ? value.pid : 0;
	value.time = bpf_ktime_get_boot_ns();
	bpf_get_current_comm(value.comm, sizeof(value.comm));
	map_put(&held, &key, &value);
}

static __always_inline void release(__u64 address, __u32 kind)
{
	struct memleak_key key = { .address = address, .kind = kind };

	key.pid = kind == MEMLEAK_USER ? current_ids() >> 32 : 0;
	bpf_map_delete_elem(&held, &key);
}

/* --- Programs --- */

static __always_inline int enter(struct pt_regs *ctx, __u64 size, __u64 old, __u64 result)
{
	struct calling call = { .sp = REGS_SP(ctx), .size = size, .old = old, .result = result }, *outer;
	__u32 tid = bpf_get_current_pid_tgid();

	if (!filter_current())
		return 0;
	outer = bpf_map_lookup_elem(&calls, &tid);
	if (outer && outer->sp >= call.sp)	/* it calls, or becomes, another; one that never returned lies deeper */
		return 0;
	if (wanted(size))
		call.stack = stack_user_entry(ctx) ?: 1;
	else if (!old)
		return 0;
	if (bpf_map_update_elem(&calls, &tid, &call, BPF_ANY))
		lose(LOSS_START);
	return 0;
}

SEC("?uprobe")
int malloc_enter(struct pt_regs *ctx)
{
	return enter(ctx, PT_REGS_PARM1(ctx), 0, 0);
}

SEC("?uprobe")
int calloc_enter(struct pt_regs *ctx)
{
	return enter(ctx, PT_REGS_PARM1(ctx) * PT_REGS_PARM2(ctx), 0, 0);
}

SEC("?uprobe")
int realloc_enter(struct pt_regs *ctx)
{
	return enter(ctx, PT_REGS_PARM2(ctx), PT_REGS_PARM1(ctx), 0);
}

SEC("?uprobe")
int reallocarray_enter(struct pt_regs *ctx)
{
	return enter(ctx, PT_REGS_PARM2(ctx) * PT_REGS_PARM3(ctx), PT_REGS_PARM1(ctx), 0);
}

SEC("?uprobe")
int second_enter(struct pt_regs *ctx)		/* aligned_alloc(alignment, size), memalign, mmap(address, size, ...) */
{
	return enter(ctx, PT_REGS_PARM2(ctx), 0, 0);
}

SEC("?uprobe")
int posix_memalign_enter(struct pt_regs *ctx)
{
	return enter(ctx, PT_REGS_PARM3(ctx), 0, PT_REGS_PARM1(ctx));
}

SEC("?uprobe")
int mremap_enter(struct pt_regs *ctx)
{
	return enter(ctx, PT_REGS_PARM3(ctx), PT_REGS_PARM1(ctx), 0);
}

SEC("?uretprobe")
int alloc_exit(struct pt_regs *ctx)
{
	__u64 address = PT_REGS_RC(ctx), sp = REGS_SP(ctx);
	__u32 tid = bpf_get_current_pid_tgid();
	struct calling *found = bpf_map_lookup_elem(&calls, &tid), call;

	/* at its return the stack is where it was before the call: one that was made by it returns deeper */
	if (!found || sp < found->sp)
		return 0;
	call = *found;
	bpf_map_delete_elem(&calls, &tid);
	if (call.result) {
		if (address || bpf_probe_read_user(&address, sizeof(address), (void *)call.result))
			return 0;
	}
	if (!address || address >= -4095ULL) {
		if (call.old && !call.size)	/* realloc(p, 0) is free(p) */
			release(call.old, MEMLEAK_USER);
		return 0;
	}
	if (call.old)
		release(call.old, MEMLEAK_USER);
	if (call.stack)
		hold(address, MEMLEAK_USER, call.size, call.stack);
	return 0;
}

SEC("?uprobe")
int free_enter(struct pt_regs *ctx)
{
	if (PT_REGS_PARM1(ctx))
		release(PT_REGS_PARM1(ctx), MEMLEAK_USER);
	return 0;
}

/* A call that its thread has not lived to return from; and user space forgets what a process held. */
ON_TASK_EXIT(task, last)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct memleak_end *e;

	bpf_map_delete_elem(&calls, &tid);
	if (!last || !filter_current())
		return 0;
	e = event_reserve(struct memleak_end);
	if (e)
		event_submit(e);
	return 0;
}

/* --- The kernel --- */

static __always_inline int kernel_alloc(void *ctx, __u64 address, __u32 kind, __u64 size)
{
	if (address && wanted(size) && filter_current())
		hold(address, kind, size, stack_kernel(ctx) ?: 1);
	return 0;
}

SEC("?tp/kmem/kmalloc")
int tp__kmalloc(void *ctx)
{
	return kernel_alloc(ctx, KMEM_ALLOCATED(ctx, kmalloc, ptr), MEMLEAK_SLAB, KMEM_ALLOCATED(ctx, kmalloc, bytes_alloc));
}

SEC("?tp/kmem/kmem_cache_alloc")
int tp__kmem_cache_alloc(void *ctx)
{
	return kernel_alloc(ctx, KMEM_ALLOCATED(ctx, kmem_cache_alloc, ptr), MEMLEAK_SLAB,
			    KMEM_ALLOCATED(ctx, kmem_cache_alloc, bytes_alloc));
}

static __always_inline int alloc_on_node(struct trace_event_raw_kmem_alloc_node___own *ctx)
{
	return kernel_alloc(ctx, (__u64)BPF_CORE_READ(ctx, ptr), MEMLEAK_SLAB, BPF_CORE_READ(ctx, bytes_alloc));
}

SEC("?tp/kmem/kmalloc_node")
int tp__kmalloc_node(void *ctx)
{
	return alloc_on_node(ctx);
}

SEC("?tp/kmem/kmem_cache_alloc_node")
int tp__kmem_cache_alloc_node(void *ctx)
{
	return alloc_on_node(ctx);
}

static __always_inline int kernel_free(__u64 address, __u32 kind)
{
	release(address, kind);
	return 0;
}

SEC("?tp/kmem/kfree")
int tp__kfree(void *ctx)
{
	return kernel_free(KMEM_FREED(ctx, kfree), MEMLEAK_SLAB);
}

SEC("?tp/kmem/kmem_cache_free")
int tp__kmem_cache_free(void *ctx)
{
	return kernel_free(KMEM_FREED(ctx, kmem_cache_free), MEMLEAK_SLAB);
}

SEC("?tp/kmem/mm_page_alloc")
int tp__mm_page_alloc(struct trace_event_raw_mm_page_alloc *ctx)
{
	__u64 pfn = BPF_CORE_READ(ctx, pfn);

	return pfn + 1 ? kernel_alloc(ctx, pfn, MEMLEAK_PAGES, (__u64)common.page_size << BPF_CORE_READ(ctx, order)) : 0;
}

SEC("?tp/kmem/mm_page_free")
int tp__mm_page_free(struct trace_event_raw_mm_page_free *ctx)
{
	return kernel_free(BPF_CORE_READ(ctx, pfn), MEMLEAK_PAGES);
}

SEC("?tp/percpu/percpu_alloc_percpu")
int tp__percpu_alloc(struct trace_event_raw_percpu_alloc_percpu *ctx)
{
	return kernel_alloc(ctx, (__u64)BPF_CORE_READ(ctx, ptr), MEMLEAK_PERCPU, BPF_CORE_READ(ctx, size));
}

SEC("?tp/percpu/percpu_free_percpu")
int tp__percpu_free(struct trace_event_raw_percpu_free_percpu *ctx)
{
	return kernel_free((__u64)BPF_CORE_READ(ctx, ptr), MEMLEAK_PERCPU);
}
