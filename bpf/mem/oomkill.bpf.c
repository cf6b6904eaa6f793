// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/task.bpf.h"
#include "oomkill.h"

static __always_inline int killed(const bool direct, struct task_struct *victim, struct oom_control *oc)
{
	struct oomkill_event *e;

	if (!victim || !filter_current())
		return 0;
	e = event_reserve(struct oomkill_event);
	if (!e)
		return 0;
	e->pages = oc ? BPF_CORE_READ(oc, totalpages) : 0;
	e->is_cgroup = oc ? BPF_CORE_READ(oc, memcg) != NULL : 2;
	e->victim = task_tgid(victim);
	e->victim_uid = BPF_CORE_READ(victim, cred, uid.val);
	e->score = (short)BPF_CORE_READ(victim, signal, oom_score_adj);
	bpf_probe_read_kernel_str(e->victim_comm, sizeof(e->victim_comm), &victim->comm);
	event_submit(e);
	return 0;
}

ON_CALL_AS(kill__function, oom_kill_process, struct oom_control *oc)
{
	return killed(direct, (void *)BPF_CORE_READ(oc, chosen), oc);
}

/* With the victim itself since 6.8; before, with a number only. */
ON_TRACE_AS(kill__args2, mark_victim, struct task_struct *victim, uid_t uid)
{
	return killed(direct, victim, NULL);
}
