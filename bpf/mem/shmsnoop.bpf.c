// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/syscall.bpf.h"
#include "shmsnoop.h"

#define CALL_32 0x40000000

const volatile bool failed_only;

ON_UNPACKED(shmget, shmat, shmdt, shmctl)
{
	/* Addresses may look negative; the last 4095 are errors. */
	bool failed = call->ret < 0 && call->ret > -4096;
	struct shmsnoop_event *e;
	__u32 which;

	if (syscall_is(call, shmget))
		which = SHM_GET;
	else if (syscall_is(call, shmat))
		which = SHM_AT;
	else if (syscall_is(call, shmdt))
		which = SHM_DT;
	else if (syscall_is(call, shmctl))
		which = SHM_CTL;
	else
		return 0;	/* the number is another call's in the other table */
	if ((failed_only && !failed) || !filter_current())
		return 0;
	e = event_reserve(struct shmsnoop_event);
	if (!e)
		return 0;
	e->ret = call->ret;
	for (int i = 0; i < 3; i++)
		e->arg[i] = call->arg[i];
	e->call = which;
	e->nr = call->nr | (call->is_32 ? CALL_32 : 0);
	event_submit(e);
	return 0;
}
