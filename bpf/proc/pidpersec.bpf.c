// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/count.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "pidpersec.h"

COUNTERS(made, struct pidpersec_value);

/* The programs of tracepoints are not entered twice on a CPU, so plain additions are exact. */
ON_TRACE(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct pidpersec_value *value = filter_current() ? counter(made, 1, 0) : NULL;

	if (!value)
		return 0;
	if (READ(child, pid) == READ(child, tgid))
		value->processes++;
	else
		value->threads++;
	return 0;
}

ON_TRACE(sched_process_exec, struct task_struct *task)
{
	struct pidpersec_value *value = filter_current() ? counter(made, 1, 0) : NULL;

	if (value)
		value->programs++;
	return 0;
}
