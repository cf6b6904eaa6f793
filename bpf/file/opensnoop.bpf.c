// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/syscall.bpf.h"
#include "opensnoop.h"

const volatile bool failed_only, want_file;

EVENT_SCRATCH(struct opensnoop_event);

static __always_inline int opened(const struct syscall *call, __s32 dirfd, unsigned long path, __u64 flags, __u32 mode)
{
	struct opensnoop_event *e;
	long n;

	if (failed_only && call->ret >= 0)
		return 0;
	if (!filter_current() || !(e = event_scratch(struct opensnoop_event)))
		return 0;
	origin_fill(&e->origin);
	e->ret = call->ret;
	e->dirfd = dirfd;
	e->flags = flags;
	e->mode = mode;
	n = bpf_probe_read_user_str(e->path, PATH_LEN, (void *)path);
	if (n < 1 || n > PATH_LEN) {
		e->path[0] = 0;
		n = 1;
	}
	e->path_len = n;
	e->names_len = e->cut = 0;
	if (want_file && call->ret >= 0) {
		path_of_file(e->path + n, path_file(call->ret), &e->names_len, &e->cut);
		n += e->names_len & 0x1fff;
	}
	event_output(e, offsetof(struct opensnoop_event, path) + n);
	return 0;
}

/* One call of opened(): it is inlined, and four copies take the verifier four times as long. */
ON_SYSCALL(open, openat, openat2, creat)
{
	const unsigned long *arg = call->arg;
	unsigned long path = arg[0];
	__s32 dirfd = -100;		/* AT_FDCWD */
	__u64 how[2];			/* struct open_how, include/uapi/linux/openat2.h: flags, mode */

	if (syscall_is(call, creat)) {
		how[0] = 01101;		/* O_CREAT|O_WRONLY|O_TRUNC */
		how[1] = arg[1];
	} else if (syscall_is(call, open)) {
		how[0] = (__u32)arg[1];
		how[1] = arg[2];
	} else {
		dirfd = arg[0];
		path = arg[1];
		how[0] = (__u32)arg[2];
		how[1] = arg[3];
		if (syscall_is(call, openat2))
			bpf_probe_read_user(how, sizeof(how), (void *)arg[2]);
		else if (!syscall_is(call, openat))
			return 0;
	}
	return opened(call, dirfd, path, how[0], how[1]);
}
