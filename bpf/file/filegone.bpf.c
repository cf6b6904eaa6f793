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

struct place {
	__s32 dirfd;
	unsigned long path;
};

static __always_inline __u32 add_path(struct filegone_event *e, int i, const struct place *place, __u32 at)
{
	char *to = e->data + (at & (4 * PATH_LEN - 1));
	long n = read_user_str(to, PATH_LEN, place->path);

	if (n < 1 || n > PATH_LEN) {
		*to = 0;
		n = 1;
	}
	e->len[i] = n;
	at += n;
	e->base_len[i] = e->cut[i] = 0;
	if (want_file && *to != '/' && e->ret != -EBADF) {
		path_of_base(e->data + (at & (4 * PATH_LEN - 1)), place->dirfd, &e->base_len[i], &e->cut[i]);
		at += e->base_len[i] & 0x1fff;
	}
	return at;
}

#define DELETES(nr) syscall_in(nr, unlink, unlinkat, rmdir)
#define RENAMES(nr) syscall_in(nr, rename, renameat, renameat2)

ON_SYSCALL_IF(DELETES(nr) || RENAMES(nr))
{
	struct place from = { AT_FDCWD, call->arg[0] }, to = { AT_FDCWD, call->arg[1] };
	__u32 action = GONE_RENAME, used;
	struct filegone_event *e;

	if (syscall_is(call, unlink) || syscall_is(call, rmdir)) {
		action = syscall_is(call, rmdir) ? GONE_RMDIR : GONE_DELETE;
	} else if (syscall_is(call, unlinkat)) {
		from = (struct place){ call->arg[0], call->arg[1] };
		action = call->arg[2] & AT_REMOVEDIR ? GONE_RMDIR : GONE_DELETE;
	} else if (syscall_is(call, renameat) || syscall_is(call, renameat2)) {
		from = (struct place){ call->arg[0], call->arg[1] };
		to = (struct place){ call->arg[2], call->arg[3] };
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
	used = add_path(e, 0, &from, 0);
	e->len[1] = e->base_len[1] = e->cut[1] = 0;
	if (action >= GONE_RENAME)
		used = add_path(e, 1, &to, used);
	barrier_var(used);
	if (used > sizeof(e->data))
		return 0;
	event_output(e, offsetof(struct filegone_event, data) + used);
	return 0;
}
