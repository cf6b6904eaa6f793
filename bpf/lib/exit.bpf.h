/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end of each thread, and whether it was its process's end: needs CO-RE.
 *
 *	ON_TASK_EXIT(task, last)
 *	{
 *		return last ? process_ended(task) : 0;
 *	}
 */
#ifndef EXIT_BPF_H
#define EXIT_BPF_H

#include "lib/exit.h"
#include "lib/probe.bpf.h"

#define SIGNAL_GROUP_EXIT 4	/* include/linux/sched/signal.h */

/* struct signal_struct: processes whose last thread has been seen, until they are freed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} exited SEC(".maps");

/*
 * The kernel decides it with an atomic decrement, long before: of two threads that end at once both may find that none
 * is alive.  The first one here is told as the last.
 */
static __always_inline bool exit_is_last(const bool direct, struct task_struct *task)
{
	struct signal_struct *signal = READ(task, signal);
	__u64 key = (__u64)signal;
	__u8 yes = 1;
	int err;	/* before 6.4 the kernel returns no more */

	if (READ(signal, live.counter))
		return false;
	err = bpf_map_update_elem(&exited, &key, &yes, BPF_NOEXIST);
	if (err && err != -17)		/* EEXIST */
		lose(LOSS_MAP);
	return err != -17;
}

static __always_inline int exit_forget(const bool direct, struct task_struct *task)
{
	__u64 key = (__u64)READ(task, signal);

	if (READ(task, pid) == READ(task, tgid))
		bpf_map_delete_elem(&exited, &key);
	return 0;
}

/* A process has a status of its own when it was ended as a whole; else it is that of its leader, ended long ago perhaps. */
static __always_inline void exit_status(const bool direct, struct task_struct *task, bool process, struct exit_status *to)
{
	struct signal_struct *signal = READ(task, signal);
	__u32 status = READ(task, exit_code);

	if (process)
		status = READ(signal, flags) & SIGNAL_GROUP_EXIT ? READ(signal, group_exit_code) :
								   READ(task, group_leader, exit_code);
	to->signal = status & 0x7f;
	to->core = !!(status & 0x80);
	to->code = to->signal ? -1 : (__s32)(status >> 8 & 0xff);
	to->pad = 0;
}

/* args2: the tracepoint tells whether it is the last thread since 6.16 */
#define ON_TASK_EXIT(task, last)						\
static __always_inline int on_task_exit(const bool direct, struct task_struct *task, bool last); \
ON_TRACE_AS(exit__args2, sched_process_exit, struct task_struct *p, bool is_last) \
{										\
	return on_task_exit(direct, p, is_last);				\
}										\
ON_TRACE_AS(exit__args1, sched_process_exit, struct task_struct *p)		\
{										\
	return on_task_exit(direct, p, exit_is_last(direct, p));		\
}										\
SEC("?tp_btf/sched_process_free")						\
int tp_btf__leave__exit__args1(__u64 *ctx)					\
{										\
	return exit_forget(true, (void *)ctx[0]);				\
}										\
SEC("?raw_tp/sched_process_free")						\
int raw_tp__leave__exit__args1(__u64 *ctx)					\
{										\
	return exit_forget(false, (void *)ctx[0]);				\
}										\
static __always_inline int on_task_exit(const bool direct, struct task_struct *task, bool last)

#endif
