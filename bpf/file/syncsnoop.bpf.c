// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/syscall.bpf.h"
#include "syncsnoop.h"

#define EBADF 9
#define CALL_32 0x40000000

const volatile bool failed_only, want_file;

EVENT_SCRATCH(struct syncsnoop_event);

ON_SYSCALL(sync, fsync, fdatasync, syncfs, msync, sync_file_range, sync_file_range2, arm_sync_file_range)
{
	bool no_file = syscall_is(call, sync) || syscall_is(call, msync);
	struct syncsnoop_event *e;
	__u32 len = 0;

	/* A number of one table may be another call in the other one. */
	if (!no_file && !syscall_is(call, fsync) && !syscall_is(call, fdatasync) && !syscall_is(call, syncfs) &&
	    !syscall_is(call, sync_file_range) && !syscall_is(call, sync_file_range2) &&
	    !syscall_is(call, arm_sync_file_range))
		return 0;
	if ((failed_only && call->ret >= 0) || !filter_current() || !(e = event_scratch(struct syncsnoop_event)))
		return 0;
	origin_fill(&e->origin);
	e->ret = call->ret;
	e->call = call->nr | (call->is_32 ? CALL_32 : 0);
	e->fd = no_file ? -1 : (int)call->arg[0];
	e->names_len = e->cut = 0;
	e->has_file = want_file && !no_file && e->ret != -EBADF;
	if (e->has_file)
		path_of_file(e->names, path_file(e->fd), &e->names_len, &e->cut);
	len = e->names_len & 0x1fff;
	event_output(e, offsetof(struct syncsnoop_event, names) + len);
	return 0;
}
