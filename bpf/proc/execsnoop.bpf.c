// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/task.bpf.h"
#include "execsnoop.h"

#define MAX_FAILED_ARGS 1024	/* the verifier follows each turn of that loop, and no more branches than 8192 */

const volatile bool failed, want_pcomm, want_path, want_cwd, want_exe;

/* One record for each CPU; a per-CPU array would not take one of this size. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct execsnoop_event);
} records SEC(".maps");

static __always_inline struct execsnoop_event *record(struct task_struct *task, int ret)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	__u32 ppid = task_tgid(parent), cpu = bpf_get_smp_processor_id();
	struct execsnoop_event *e;

	if (!filter_current() || (common.filters & ONLY_PPIDS && !filter_has(ONLY_PPIDS, ppid)))
		return NULL;
	e = bpf_map_lookup_elem(&records, &cpu);
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

/* The verifier must see that no part is longer than it can be. */
#define BOUND(n, max) ({ __u64 __n = n; barrier_var(__n); __n > (max) ? (max) : __n; })

static __always_inline __u64 add_cwd(struct execsnoop_event *e, __u64 at, struct task_struct *task)
{
	path_names(e->data + at, (unsigned long)BPF_CORE_READ(task, fs, pwd.mnt),
		   (unsigned long)BPF_CORE_READ(task, fs, pwd.dentry), &e->cwd_len, &e->cwd_cut);
	return at + BOUND(e->cwd_len, EXECSNOOP_NAMES);
}

ON_TRACE(sched_process_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	struct execsnoop_event *e = record(task, 0);
	unsigned long start;
	__u64 at;
	long n;

	if (!e)
		return 0;
	start = READ(task, mm, arg_start);
	at = READ(task, mm, arg_end) - start;
	barrier_var(at);
	if (at > EXECSNOOP_ARGS) {
		at = EXECSNOOP_ARGS;
		e->cut = 1;
	}
	/* The kernel has just written them: their pages are there. */
	if (bpf_probe_read_user(e->data, at, (void *)start)) {
		lose(LOSS_READ);
		e->cut = 1;
		at = 0;
	}
	e->args_len = at;
	if (want_path) {
		n = bpf_probe_read_kernel_str(e->data + at, PATH_LEN, READ(bprm, filename));
		e->path_len = n < 0 ? 0 : n;
		at += BOUND(e->path_len, PATH_LEN);
	}
	if (want_cwd)
		at = add_cwd(e, at, task);
	if (want_exe) {
		path_of_file(e->data + at, (unsigned long)READ(task, mm, exe_file), &e->exe_len, &e->exe_cut);
		at += BOUND(e->exe_len, EXECSNOOP_NAMES);
	}
	event_output(e, offsetof(struct execsnoop_event, data) + BOUND(at, sizeof(e->data)));
	return 0;
}

/*
 * The kernel has read the strings of a call that failed later than on them, so they are there to be read.
 * Their length is kept in the record, for the verifier's sake as in path_names().
 */
static __always_inline void read_argv(struct execsnoop_event *e, unsigned long argv, bool is_32)
{
	volatile __u32 *len = &e->args_len;
	unsigned long arg;

	*len = 0;
	for (int i = 0; i < MAX_FAILED_ARGS; i++) {
		__u64 at = *len;
		long n;

		arg = 0;
		if (at > EXECSNOOP_ARGS || bpf_probe_read_user(&arg, is_32 ? 4 : 8, (void *)argv) || !arg)
			break;
		n = bpf_probe_read_user_str(e->data + at, EXECSNOOP_ARGS, (void *)arg);
		if (n < 1)
			break;
		*len = at + n;
		argv += is_32 ? 4 : 8;
	}
	e->cut = argv && arg;
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
	__u64 at;
	long n;

	if (call->ret >= 0 || !(e = record(task, call->ret)))
		return 0;
	read_argv(e, is_at ? call->arg[2] : call->arg[1], call->is_32);
	at = BOUND(e->args_len, EXECSNOOP_ARGS);
	if (want_path) {
		n = bpf_probe_read_user_str(e->data + at, PATH_LEN, (void *)(is_at ? call->arg[1] : call->arg[0]));
		e->path_len = n < 0 ? 0 : n;
		at += BOUND(e->path_len, PATH_LEN);
	}
	if (want_cwd)
		at = add_cwd(e, at, task);
	event_output(e, offsetof(struct execsnoop_event, data) + BOUND(at, sizeof(e->data)));
	return 0;
}
