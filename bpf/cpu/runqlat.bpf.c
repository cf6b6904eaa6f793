// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/inflight.bpf.h"
#include "lib/task.bpf.h"
#include "runqlat.h"

const volatile __u64 unit = 1000;
const volatile bool by_process, by_thread, by_pidns;

struct wait {
	__u64 since;
};

INFLIGHT(waiting, struct wait);
HISTOGRAMS(hists, struct runqlat_key);

/* A task that is woken while it waits keeps its place. */
static __always_inline int runnable(const bool direct, struct task_struct *task, bool woken)
{
	__u32 tid = READ(task, pid);
	struct wait wait;

	if (!tid || !filter_task(direct, task))		/* 0: the idle tasks */
		return 0;
	wait.since = bpf_ktime_get_ns();
	if (woken)
		inflight_put_first(waiting, task, tid, &wait);
	else
		inflight_put(waiting, task, tid, &wait);
	return 0;
}

static __always_inline void key_of(const bool direct, struct task_struct *task, struct runqlat_key *key)
{
	if (by_pidns) {
		struct pid *pid = READ(task, thread_pid);
		__u32 level = BPF_CORE_READ(pid, level);

		key->id = BPF_CORE_READ(pid, numbers[level].ns, ns.inum);
	} else if (by_process || by_thread) {
		task_name(direct, task, by_process, &key->id, key->comm);
	}
}

ON_TRACE(sched_wakeup, struct task_struct *task)
{
	return task_on_cpu(task) ? 0 : runnable(direct, task, true);	/* woken before it slept: it goes on running */
}

ON_TRACE(sched_wakeup_new, struct task_struct *task)
{
	return runnable(direct, task, false);
}

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct runqlat_key key = {};
	struct wait wait;

	if (preempt || !task_state(prev))	/* 0: TASK_RUNNING */
		runnable(direct, prev, false);
	if (!inflight_take(waiting, next, READ(next, pid), &wait))
		return 0;
	key_of(direct, next, &key);
	hist_add(hists, &key, bpf_ktime_get_ns() - wait.since, unit);
	return 0;
}

INFLIGHT_EXIT(waiting)
