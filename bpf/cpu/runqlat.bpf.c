// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/runq.bpf.h"
#include "runqlat.h"

const volatile __u64 unit = 1000;
const volatile bool by_process, by_thread, by_pidns;

HISTOGRAMS(hists, struct runqlat_key);

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

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct runqlat_key key = {};
	__u64 ns;

	if (!runq_waited(direct, preempt, prev, next, &ns))
		return 0;
	key_of(direct, next, &key);
	hist_add(hists, &key, ns, unit);
	return 0;
}
