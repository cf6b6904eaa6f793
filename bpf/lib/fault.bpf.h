/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Page faults that the kernel has served: how long each took, and in which file. User space chooses and attaches the
 * programs (user/lib/fault.c).
 *
 *	ON_FAULT { ... latency, is_major, found->file, found->offset, found->address ... }
 */
#ifndef FAULT_BPF_H
#define FAULT_BPF_H

#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"

const volatile bool all_faults;

struct fault {
	__u64 ns;
	__u64 faults;		/* that the kernel had counted for the thread, of those that are shown */
};

/* A fault that fails, or that the kernel doesn't pass on since there are too many, stays until the thread's next one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct fault);
} faults SEC(".maps");

static __always_inline int fault_begin(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tid = bpf_get_current_pid_tgid();
	struct fault fault, *old;

	if (!filter_current())
		return 0;
	fault.faults = BPF_CORE_READ(task, maj_flt) + (all_faults ? BPF_CORE_READ(task, min_flt) : 0);
	old = bpf_map_lookup_elem(&faults, &tid);
	if (old && fault.faults > old->faults)	/* it was one, and we have not been told */
		lose(LOSS_UNTOLD);
	fault.ns = bpf_ktime_get_ns();
	return map_put(&faults, &tid, &fault);
}

/* Where the processor's code has these; elsewhere latencies are not known. */
ON_TRACE_AS(user, page_fault_user, unsigned long address)
{
	return fault_begin();
}

ON_TRACE_AS(kernel, page_fault_kernel, unsigned long address)
{
	return fault_begin();
}

struct fault_found {
	__u64 address;
	__u64 file, offset;	/* struct file *; in bytes */
};

#define ON_FAULT static __always_inline int on_fault(__u64 latency, bool is_major, const struct fault_found *found)

ON_FAULT;

/* A latency of 0: the kernel doesn't tell when it began. */
static __always_inline int fault_end(bool is_major, const struct fault_found *found)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct fault *fault = bpf_map_lookup_elem(&faults, &tid);
	__u64 latency = 0;

	if (fault)
		latency = bpf_ktime_get_ns() - fault->ns;
	bpf_map_delete_elem(&faults, &tid);
	return on_fault(latency, is_major, found);
}

/* --- What is mapped there: asked of the kernel since 5.17, looked for in its tree until 6.0. --- */

static long fault_area(struct task_struct *task, struct vm_area_struct *area, struct fault_found *found)
{
	found->file = (__u64)area->vm_file;
	found->offset = found->address - area->vm_start + area->vm_pgoff * common.page_size;
	return 0;
}

static __always_inline int fault_ask(struct bpf_perf_event_data *ctx, bool is_major)
{
	struct fault_found found = { .address = ctx->addr };

	if (!filter_current())
		return 0;
	bpf_find_vma(bpf_get_current_task_btf(), ctx->addr, fault_area, &found, 0);
	return fault_end(is_major, &found);
}

struct vm_area_struct___tree {
	unsigned long vm_start, vm_end, vm_pgoff;
	struct rb_node vm_rb;
	struct file *vm_file;
} __attribute__((preserve_access_index));

struct mm_struct___tree {
	struct rb_root mm_rb;
} __attribute__((preserve_access_index));

#define TREE_DEPTH 40

static __always_inline int fault_walk(struct bpf_perf_event_data *ctx, bool is_major)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct___tree *mm = (void *)BPF_CORE_READ(task, mm);
	struct fault_found found = { .address = ctx->addr };
	struct rb_node *node;

	if (!filter_current())
		return 0;
	node = BPF_CORE_READ(mm, mm_rb.rb_node);
	for (int i = 0; i < TREE_DEPTH && node; i++) {
		struct vm_area_struct___tree *area = (void *)node - bpf_core_field_offset(struct vm_area_struct___tree, vm_rb);

		if (found.address >= BPF_CORE_READ(area, vm_end)) {
			node = BPF_CORE_READ(node, rb_right);
		} else if (found.address < BPF_CORE_READ(area, vm_start)) {
			node = BPF_CORE_READ(node, rb_left);
		} else {
			found.file = (__u64)BPF_CORE_READ(area, vm_file);
			found.offset = found.address - BPF_CORE_READ(area, vm_start) +
				       BPF_CORE_READ(area, vm_pgoff) * common.page_size;
			break;
		}
	}
	return fault_end(is_major, &found);
}

SEC("?perf_event")
int off__major_ask(struct bpf_perf_event_data *ctx)
{
	return fault_ask(ctx, true);
}

SEC("?perf_event")
int off__minor_ask(struct bpf_perf_event_data *ctx)
{
	return fault_ask(ctx, false);
}

SEC("?perf_event")
int off__major_walk(struct bpf_perf_event_data *ctx)
{
	return fault_walk(ctx, true);
}

SEC("?perf_event")
int off__minor_walk(struct bpf_perf_event_data *ctx)
{
	return fault_walk(ctx, false);
}

SEC("raw_tp/sched_process_exit")
int ended(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&faults, &tid);
	return 0;
}

#endif
