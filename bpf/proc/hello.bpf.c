// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/syscall.bpf.h"
#include "hello.h"

ON_SYSCALL(clone, clone3, fork, vfork)
{
	struct hello_event *e;

	if (!call->ret || !filter_current())	/* 0: the child, which returns from the same call */
		return 0;
	e = event_reserve(struct hello_event);
	if (!e)
		return 0;
	e->child = call->ret;
	event_submit(e);
	return 0;
}
