// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/task.bpf.h"
#include "execsnoop.h"

#define EXECSNOOP_FULL (EXECSNOOP_ARGS + PATH_LEN + 2 * EXECSNOOP_NAMES)	/* bytes of data in use at most */
#define MAX_FAILED_ARGS 256	/* the verifier follows each turn of that loop, which takes time */

const volatile bool failed, want_pcomm, want_path, want_cwd, want_exe;

/*
 * One record for each CPU, and with -x another for calls that failed: a kernel that preempts tracepoints (7.2) may run one
 * of these programs while the other is stopped.  A per-CPU array would not take one of this size.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct execsnoop_event);
} records SEC(".maps");

static __always_inline struct execsnoop_event *record(struct task_struct *task, int ret)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	__u32 ppid = task_tgid(parent), cpu = bpf_get_smp_processor_id(), slot = failed ? 2 * cpu + (ret < 0) : cpu;
	struct execsnoop_event *e;

	if (!filter_current() || (common.filters & ONLY_PPIDS && !filter_has(ONLY_PPIDS, ppid)))
		return NULL;
	e = bpf_map_lookup_elem(&records, &slot);
	if (!e)
		return NULL;
	origin_fill(&e->origin);
	e->ret = ret;
	e->ppid = ppid;
	if (want_pcomm)
		BPF_CORE_READ_STR_INTO(&e->pcomm, parent, comm);
	e->path_len = e->cwd_len = e->exe_len = e->cut = 0;
	return e;
}

/*
 * How much of data is in use.  It stands in the record, not in a variable: verifiers before
 * 5.16 forget the bounds of what is put on the stack in between.
 */
static __always_inline __u64 used(struct execsnoop_event *e)
{
	__u64 n = *(volatile __u32 *)&e->used;

	barrier_var(n);
	return n > EXECSNOOP_FULL ? EXECSNOOP_FULL : n;
}

static __always_inline char *next_part(struct execsnoop_event *e)
{
	return e->data + used(e);
}

static __always_inline void add_path(struct execsnoop_event *e, long n)
{
	if (n < 1)
		return;
	e->path_len = n;
	e->used += n;
}

static __always_inline void add_cwd(struct execsnoop_event *e, struct task_struct *task)
{
	path_names(next_part(e), (unsigned long)BPF_CORE_READ(task, fs, pwd.mnt),
		   (unsigned long)BPF_CORE_READ(task, fs, pwd.dentry), &e->cwd_len, &e->cwd_cut);
	e->used += e->cwd_len;
}

static __always_inline void output(struct execsnoop_event *e)
{
	event_output(e, offsetof(struct execsnoop_event, data) + used(e));
}

ON_TRACE(sched_process_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	struct execsnoop_event *e = record(task, 0);
	unsigned long start;
	__u64 size;

	if (!e)
		return 0;
	start = READ(task, mm, arg_start);
	size = READ(task, mm, arg_end) - start;
	barrier_var(size);
	if (size > EXECSNOOP_ARGS) {
		size = EXECSNOOP_ARGS;
		e->cut = 1;
	}
	e->args_len = e->used = size;
	/* The kernel has just written them: their pages are there. */
	if (bpf_probe_read_user(e->data, size, (void *)start)) {
		lose(LOSS_READ);
		e->cut = 1;
		e->args_len = e->used = 0;
	}
	if (want_path)
		add_path(e, bpf_probe_read_kernel_str(next_part(e), PATH_LEN, READ(bprm, filename)));
	if (want_cwd)
		add_cwd(e, task);
	if (want_exe) {
		path_of_file(next_part(e), (unsigned long)READ(task, mm, exe_file), &e->exe_len, &e->exe_cut);
		e->used += e->exe_len;
	}
	output(e);
	return 0;
}

/*
 * The kernel may have failed before it read the strings: what it can't read now is marked as cut.
 * Their length is kept in the record, for the verifier's sake as in path_names().
 */
static __always_inline void read_argv(struct execsnoop_event *e, unsigned long argv, bool is_32)
{
	volatile __u32 *len = &e->args_len;
	__u32 size = is_32 ? 4 : 8;

	*len = 0;
	e->cut = argv != 0;
	for (int i = 0; i <= MAX_FAILED_ARGS; i++) {
		unsigned long arg = 0;
		__u64 at = *len;
		long n;

		if (at > EXECSNOOP_ARGS || bpf_probe_read_user(&arg, size, (void *)argv))
			break;
		if (!arg)
			e->cut = 0;
		if (!arg || i == MAX_FAILED_ARGS)
			break;
		n = read_user_str(e->data + at, EXECSNOOP_ARGS, arg);
		if (n < 1)
			break;
		*len = at + n;
		argv += size;
	}
	if (*len > EXECSNOOP_ARGS) {
		*len = EXECSNOOP_ARGS;
		e->cut = 1;
	}
}

ON_SYSCALL_OFF(execve, execveat)
{
	bool is_at = syscall_is(call, execveat);
	struct task_struct *task = (void *)bpf_get_current_task();
	struct execsnoop_event *e;

	if (call->ret >= 0 || !(e = record(task, call->ret)))
		return 0;
	read_argv(e, is_at ? call->arg[2] : call->arg[1], call->is_32);
	e->used = e->args_len;
	if (want_path)
		add_path(e, read_user_str(next_part(e), PATH_LEN, is_at ? call->arg[1] : call->arg[0]));
	if (want_cwd)
		add_cwd(e, task);
	output(e);
	return 0;
}
