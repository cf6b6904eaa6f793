// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/syscall.bpf.h"
#include "filegone.h"

#define EBADF 9
#define AT_FDCWD (-100)
#define AT_REMOVEDIR 0x200
#define RENAME_EXCHANGE 2

const volatile bool failed_too, want_file;

EVENT_SCRATCH(struct filegone_event);

#define DELETES(nr) syscall_in(nr, unlink, unlinkat, rmdir)
#define RENAMES(nr) syscall_in(nr, rename, renameat, renameat2)

ON_SYSCALL_IF(DELETES(nr) || RENAMES(nr))
{
	struct path_start from = { AT_FDCWD, call->arg[0] }, to = { AT_FDCWD, call->arg[1] };
	__u32 action = GONE_RENAME, used;
	__u64 size;
	struct filegone_event *e;

	if (syscall_is(call, unlink) || syscall_is(call, rmdir)) {
		action = syscall_is(call, rmdir) ? GONE_RMDIR : GONE_DELETE;
	} else if (syscall_is(call, unlinkat)) {
		from = (struct path_start){ call->arg[0], call->arg[1] };
		action = call->arg[2] & AT_REMOVEDIR ? GONE_RMDIR : GONE_DELETE;
	} else if (syscall_is(call, renameat) || syscall_is(call, renameat2)) {
		from = (struct path_start){ call->arg[0], call->arg[1] };
		to = (struct path_start){ call->arg[2], call->arg[3] };
		if (syscall_is(call, renameat2) && call->arg[4] & RENAME_EXCHANGE)
			action = GONE_EXCHANGE;
	} else if (!syscall_is(call, rename)) {
		return 0;	/* the number is another call's in the other table */
	}
	if ((call->ret < 0 && !failed_too) || !filter_current() || !(e = event_scratch(struct filegone_event)))
		return 0;
	origin_fill(&e->origin);
	e->ret = call->ret;
	e->action = action;
	used = path_pair_add(&e->paths, 0, &from, 0, want_file && e->ret != -EBADF);
	e->paths.len[1] = e->paths.base_len[1] = e->paths.cut[1] = 0;
	if (action >= GONE_RENAME)
		used = path_pair_add(&e->paths, 1, &to, used, want_file && e->ret != -EBADF);
	size = used;
	barrier_var(size);	/* of 64 bits: else clang bounds one copy of it and hands over another */
	if (size > sizeof(e->paths.data))
		return 0;
	event_output(e, offsetof(struct filegone_event, paths.data) + size);
	return 0;
}
