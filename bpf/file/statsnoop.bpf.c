// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/syscall.bpf.h"
#include "statsnoop.h"

#define EBADF 9
#define CALL_32 0x40000000

const volatile bool failed_only, want_file;

EVENT_SCRATCH(struct statsnoop_event);

#define BY_PATH(nr) syscall_in(nr, stat, lstat, statfs, stat64, lstat64, statfs64)
#define BY_FD(nr)   syscall_in(nr, fstat, fstatfs, fstat64, fstatfs64)
#define AT_FD(nr)   syscall_in(nr, newfstatat, fstatat64, statx)

ON_SYSCALL_IF(BY_PATH(nr) || AT_FD(nr) || BY_FD(nr))
{
	bool by_fd = syscall_is(call, fstat) || syscall_is(call, fstatfs) || syscall_is(call, fstat64) ||
		     syscall_is(call, fstatfs64);
	bool at_fd = syscall_is(call, newfstatat) || syscall_is(call, fstatat64) || syscall_is(call, statx);
	struct statsnoop_event *e;
	long n = 0;

	/* A number of one table may be another call in the other one. */
	if (!by_fd && !at_fd && !syscall_is(call, stat) && !syscall_is(call, lstat) && !syscall_is(call, statfs) &&
	    !syscall_is(call, stat64) && !syscall_is(call, lstat64) && !syscall_is(call, statfs64))
		return 0;
	if (failed_only && call->ret >= 0)
		return 0;
	if (common.filters & ONLY_SYSCALLS && (call->is_32 || !filter_has(ONLY_SYSCALLS, call->nr)))
		return 0;
	if (!filter_current() || !(e = event_scratch(struct statsnoop_event)))
		return 0;
	origin_fill(&e->origin);
	e->ret = call->ret;
	e->call = call->nr | (call->is_32 ? CALL_32 : 0);
	e->fd = by_fd || at_fd ? call->arg[0] : -100;	/* AT_FDCWD */
	if (!by_fd) {
		n = bpf_probe_read_user_str(e->path, PATH_LEN, (void *)(at_fd ? call->arg[1] : call->arg[0]));
		if (n < 1 || n > PATH_LEN) {
			e->path[0] = 0;
			n = 1;
		}
	}
	e->path_len = n;
	e->base_len = e->cut = 0;
	if (want_file && (by_fd || e->path[0] != '/') && e->ret != -EBADF) {
		path_of_base(e->path + n, e->fd, &e->base_len, &e->cut);
		n += e->base_len & 0x1fff;
	}
	event_output(e, offsetof(struct statsnoop_event, path) + n);
	return 0;
}
