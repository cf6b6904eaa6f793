// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/syscall.bpf.h"
#include "sofdsnoop.h"

#define SOL_SOCKET 1	/* include/linux/socket.h */
#define SCM_RIGHTS 1
#define SCM_MAX_FD 253	/* include/net/scm.h */
#define PARTS	   4	/* of what goes beside a message: descriptors, credentials, labels */
#define MESSAGES   8	/* of one sendmmsg(2) or recvmmsg(2) */

const volatile bool sent_only, received_only;

EVENT_SCRATCH(struct sofdsnoop_event);

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct inode___fd {
	unsigned short i_mode;
	unsigned long i_ino;
};

struct file___fd {
	struct inode___fd *f_inode;
};
#pragma clang attribute pop

/* struct msghdr with what an array of them has behind it, and struct cmsghdr: the kernel's interface. */
struct fd_message {
	__u64 name, name_len, iov, iov_len;
	__u64 control, control_len;
	__u64 flags, length;
};

struct fd_part {
	__u64 length;
	__u32 level, type;
};

/*
 * Not static, as the next one is not: the verifier then looks at it once, not at each of its calls. What they have in common
 * is in the event already.
 */
__noinline int passed(__u64 at, __u32 number)
{
	struct sofdsnoop_event *e = event_scratch(struct sofdsnoop_event);
	const struct file___fd *file;
	__u64 size;

	if (!e || bpf_probe_read_user(&e->fd, sizeof(e->fd), (void *)at))
		return 0;
	e->number = number;
	file = (const void *)path_file(e->fd);
	if (!file)		/* closed already */
		return 0;
	e->mode = BPF_CORE_READ(file, f_inode, i_mode);
	e->inode = BPF_CORE_READ(file, f_inode, i_ino);
	path_of_file(e->names, (unsigned long)file, &e->names_len, &e->cut);
	size = e->names_len & 0x1fff;
	if (size <= sizeof(e->names))
		event_output(e, __builtin_offsetof(struct sofdsnoop_event, names) + size);
	return 0;
}

/* The descriptors of one message. */
__noinline int looked_at(__u64 message, __u32 socket, __u32 received)
{
	struct sofdsnoop_event *e = event_scratch(struct sofdsnoop_event);
	struct fd_message m = {};
	const struct file___fd *file;
	struct fd_part p = {};
	__u64 at, end;
	__u32 i, n;

	if (bpf_probe_read_user(&m, sizeof(m) - 16, (void *)message) || !m.control || m.control_len < sizeof(p) || !e)
		return 0;
	at = m.control;
	end = at + m.control_len;
	for (i = 0; i < PARTS; i++) {
		if (at + sizeof(p) > end || bpf_probe_read_user(&p, sizeof(p), (void *)at) || p.length < sizeof(p))
			return 0;
		if (p.level == SOL_SOCKET && p.type == SCM_RIGHTS)
			break;
		at += (p.length + 7) & ~7ULL;
	}
	if (i == PARTS)
		return 0;
	origin_fill(&e->origin);
	n = (p.length - sizeof(p)) / 4;
	e->received = received;
	e->of = n;
	e->socket = socket;
	file = (const void *)path_file(socket);
	e->socket_inode = BPF_CORE_READ(file, f_inode, i_ino);
	at += sizeof(p);
	for (i = 0; i < SCM_MAX_FD && i < n; i++)
		passed(at + i * 4, i + 1);
	return 0;
}

ON_UNPACKED(sendmsg, recvmsg, sendmmsg, recvmmsg)
{
	bool received = syscall_is(call, recvmsg) || syscall_is(call, recvmmsg);

	/* what is peeked at brings descriptors as well; structs of 32-bit programs are others */
	if (call->ret < 0 || call->is_32 || (received ? sent_only : received_only) || !filter_current())
		return 0;
	if (syscall_is(call, sendmsg) || syscall_is(call, recvmsg))
		return looked_at(call->arg[1], call->arg[0], received);
	for (__u32 i = 0; i < MESSAGES && i < call->ret; i++)
		looked_at(call->arg[1] + i * sizeof(struct fd_message), call->arg[0], received);
	return 0;
}
