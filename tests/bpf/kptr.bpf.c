// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A map whose values hold a reference to a task: what user space must not lose when it sets the rest. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;

/* by another name: clang 14 forgets the tag of a pointer that it has met without one */
typedef struct task_struct task_kept;

struct kept {
	u64 n;
	task_kept __attribute__((btf_type_tag("kptr"))) *task;
	u64 m;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct kept);
} values SEC(".maps");

const volatile __s32 pid;

/* Puts it into entry 5; returns the pid of what was there, 0 if nothing was. */
static int exchange(struct task_struct *task)
{
	u32 key = 5, old = 0;
	struct kept *kept = bpf_map_lookup_elem(&values, &key);

	if (!kept) {
		if (task)
			bpf_task_release(task);
		return -1;
	}
	task = bpf_kptr_xchg(&kept->task, task);
	if (task) {
		old = task->pid;
		bpf_task_release(task);
	}
	return old;
}

SEC("tc")
int keep(struct __sk_buff *skb)
{
	struct task_struct *task = bpf_task_from_pid(pid);

	return task ? exchange(task) : -1;
}

SEC("tc")
int drop(struct __sk_buff *skb)
{
	return exchange(NULL);
}
