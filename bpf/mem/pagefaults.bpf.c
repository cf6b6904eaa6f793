// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/probe.bpf.h"
#include "pagefaults.h"

const volatile __u64 min;
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

EVENT_SCRATCH(struct pagefaults_event);

static __always_inline int begin(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tid = bpf_get_current_pid_tgid();
	struct fault fault, *old;

	if (!filter_current())
		return 0;
	fault.faults = BPF_CORE_READ(task, maj_flt) + (all_faults ? BPF_CORE_READ(task, min_flt) : 0);
	old = bpf_map_lookup_elem(&faults, &tid);
	if (old && fault.faults > old->faults)	/* it was one, and we have not been told */
		lose(LOSS_START);
	fault.ns = bpf_ktime_get_ns();
	return map_put(&faults, &tid, &fault);
}

/* Where the processor's code has these; elsewhere latencies are not known. */
ON_TRACE_AS(user, page_fault_user, unsigned long address)
{
	return begin();
}

ON_TRACE_AS(kernel, page_fault_kernel, unsigned long address)
{
	return begin();
}

struct found {
	__u64 address;
	__u64 file, offset;	/* struct file *; in pages */
};

static __always_inline int end(struct bpf_perf_event_data *ctx, bool is_major, const struct found *found)
{
	__u32 tid = bpf_get_current_pid_tgid(), len;
	struct fault *fault = bpf_map_lookup_elem(&faults, &tid);
	struct pagefaults_event *e = event_scratch(struct pagefaults_event);
	__u64 latency = 0;

	if (fault)
		latency = bpf_ktime_get_ns() - fault->ns;
	bpf_map_delete_elem(&faults, &tid);
	if (latency < min || !e)
		return 0;
	origin_fill(&e->origin);
	e->latency = latency;
	e->address = found->address;
	e->offset = found->offset;
	e->is_major = is_major;
	e->has_file = !!found->file;
	e->names_len = e->cut = 0;
	if (found->file)
		path_of_file(e->names, found->file, &e->names_len, &e->cut);
	len = e->names_len & 0x1fff;
	event_output(e, offsetof(struct pagefaults_event, names) + len);
	return 0;
}

/* --- What is mapped there: asked of the kernel since 5.17, looked for in its tree until 6.0. --- */

static long found_area(struct task_struct *task, struct vm_area_struct *area, struct found *found)
{
	found->file = (__u64)area->vm_file;
	found->offset = found->address - area->vm_start + area->vm_pgoff * common.page_size;
	return 0;
}

static __always_inline int ask(struct bpf_perf_event_data *ctx, bool is_major)
{
	struct found found = { .address = ctx->addr };

	if (!filter_current())
		return 0;
	bpf_find_vma(bpf_get_current_task_btf(), ctx->addr, found_area, &found, 0);
	return end(ctx, is_major, &found);
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

static __always_inline int walk(struct bpf_perf_event_data *ctx, bool is_major)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct___tree *mm = (void *)BPF_CORE_READ(task, mm);
	struct found found = { .address = ctx->addr };
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
	return end(ctx, is_major, &found);
}

SEC("?perf_event")
int off__major_ask(struct bpf_perf_event_data *ctx)
{
	return ask(ctx, true);
}

SEC("?perf_event")
int off__minor_ask(struct bpf_perf_event_data *ctx)
{
	return ask(ctx, false);
}

SEC("?perf_event")
int off__major_walk(struct bpf_perf_event_data *ctx)
{
	return walk(ctx, true);
}

SEC("?perf_event")
int off__minor_walk(struct bpf_perf_event_data *ctx)
{
	return walk(ctx, false);
}

SEC("raw_tp/sched_process_exit")
int ended(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&faults, &tid);
	return 0;
}
