// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "threadsnoop.h"

/* int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg) */
SEC("uprobe")
int pthread_create(struct pt_regs *ctx)
{
	struct threadsnoop_event *e = filter_current() ? event_reserve(struct threadsnoop_event) : NULL;

	if (!e)
		return 0;
	e->start = PT_REGS_PARM3(ctx);
	event_submit(e);
	return 0;
}
