// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/task.bpf.h"
#include "lib/exit.bpf.h"
#include "exitsnoop.h"

const volatile bool threads, failed_only;

/* A process is known by its first thread, whichever thread is the last. */
ON_TASK_EXIT(task, last)
{
	struct task_struct *named = threads ? task : READ(task, group_leader);
	struct exitsnoop_event *e;
	struct exit_status status;
	char comm[COMM_LEN];

	if (!threads && !last)
		return 0;
	exit_status(direct, task, !threads, &status);
	if (failed_only && !status.signal && !status.code)
		return 0;
	bpf_probe_read_kernel_str(comm, sizeof(comm), &named->comm);
	if (!filter_current_but_name() || !filter_comm(comm))
		return 0;
	e = event_reserve(struct exitsnoop_event);
	if (!e)
		return 0;
	__builtin_memcpy(e->origin.comm, comm, sizeof(comm));
	if (!threads)
		e->origin.tid = e->origin.pid;
	e->age = e->origin.time - READ(named, start_boottime);
	e->status = status;
	e->ppid = task_tgid(READ(task, real_parent));
	e->last = last;
	event_submit(e);
	return 0;
}
