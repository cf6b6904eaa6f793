/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a task carries from one probe to a later one.  Task storage where the kernel
 * has it for this program: no lock, no hashing, gone with its task.  A hash by
 * thread id else, from which user space never has to clean up: `take` deletes, and
 * INFLIGHT_EXIT() deletes when a task ends in between.
 */
#ifndef INFLIGHT_BPF_H
#define INFLIGHT_BPF_H

#define INFLIGHT(name, value_t)						\
struct {								\
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);			\
	__uint(map_flags, BPF_F_NO_PREALLOC);				\
	__type(key, int);						\
	__type(value, value_t);						\
} name##__task SEC(".maps");						\
struct {								\
	__uint(type, BPF_MAP_TYPE_HASH);				\
	__uint(max_entries, 16384);					\
	__type(key, __u32);						\
	__type(value, value_t);						\
} name##__tid SEC(".maps")

/*
 * `task` is a pointer that the verifier trusts (an argument of a tp_btf program) when
 * `direct` is true, and unused else; `tid` is that task's id.  What is put must be
 * told from what is absent by its first field, which is never 0 when put.
 */
#define inflight_put(name, task, tid, from) ({				\
	int __err = 0;							\
	if (direct) {							\
		typeof(from) __to = bpf_task_storage_get(&name##__task, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE); \
		if (__to)						\
			*__to = *(from);				\
		else							\
			__err = -1;					\
	} else {							\
		__u32 __id = tid;					\
		__err = bpf_map_update_elem(&name##__tid, &__id, from, BPF_ANY); \
	}								\
	if (__err)							\
		lose(LOSS_START);					\
	__err;								\
})

/* Copy the task's value out and forget it; false when there is none. */
#define inflight_take(name, task, tid, to) ({				\
	bool __found = false;						\
	if (direct) {							\
		typeof(to) __from = bpf_task_storage_get(&name##__task, task, NULL, 0); \
		if (__from && *(__u64 *)__from) {			\
			*(to) = *__from;				\
			*(__u64 *)__from = 0;				\
			__found = true;					\
		}							\
	} else {							\
		__u32 __id = tid;					\
		typeof(to) __from = bpf_map_lookup_elem(&name##__tid, &__id); \
		if (__from) {						\
			*(to) = *__from;				\
			bpf_map_delete_elem(&name##__tid, &__id);	\
			__found = true;					\
		}							\
	}								\
	__found;							\
})

/* The same unless there is a value, which then stays: one look-up, not two. */
#define inflight_put_first(name, task, tid, from) ({			\
	int __err = 0;							\
	if (direct) {							\
		typeof(from) __to = bpf_task_storage_get(&name##__task, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE); \
		if (!__to)						\
			__err = -1;					\
		else if (!*(__u64 *)__to)				\
			*__to = *(from);				\
	} else {							\
		__u32 __id = tid;					\
		__err = bpf_map_update_elem(&name##__tid, &__id, from, BPF_NOEXIST); \
		if (__err == -17)	/* EEXIST */			\
			__err = 0;					\
	}								\
	if (__err)							\
		lose(LOSS_START);					\
	__err;								\
})

/* Threads that end with a value still in the hash; storage goes with its task. */
#define INFLIGHT_EXIT(name)						\
SEC("?raw_tp/sched_process_exit")					\
int by_tid__##name##_exit(void *ctx)					\
{									\
	__u32 tid = bpf_get_current_pid_tgid();				\
									\
	bpf_map_delete_elem(&name##__tid, &tid);			\
	return 0;							\
}

#endif
