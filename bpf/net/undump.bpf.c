// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/data.bpf.h"
#include "lib/file.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/syscall.bpf.h"
#include "undump.h"

#define AF_UNIX	 1		/* include/linux/socket.h */
#define MSG_PEEK 2
#define S_IFSOCK 0140000	/* include/uapi/linux/stat.h */
#define MESSAGES 8		/* of one recvmmsg(2) */

const volatile bool want_path;

/* Only what is read. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct unix_address___own {
	int len;
	struct { char sun_path[UNDUMP_PATH]; } name[0];
};

struct unix_sock___own {
	struct unix_address___own *addr;
	struct unix_sock___own *peer;
};

struct sock___own {
	struct { unsigned short skc_family; } __sk_common;
	__u16 sk_type;
};

struct socket___own {
	struct sock___own *sk;
};
#pragma clang attribute pop

/* struct mmsghdr: the kernel's interface. */
struct undump_message {
	__u64 name, name_len, iov, iov_len;
	__u64 control, control_len, flags;
	__u32 length, pad;
};

struct undump_call {
	__u64 inode;
	__u32 type, fd;
	const struct unix_address___own *address;
};

#define DATA_FROM struct undump_call

static __always_inline void data_fill(struct undump_event *e, const DATA_FROM *call)
{
	const struct unix_address___own *address = call->address;
	__u32 n = address ? BPF_CORE_READ(address, len) - 2 : 0;	/* without its sun_family */

	e->inode = call->inode;
	e->type = call->type;
	e->fd = call->fd;
	if (!n || n > UNDUMP_PATH || bpf_probe_read_kernel(e->path, UNDUMP_PATH, &address->name[0].sun_path))
		n = 0;
	e->path_len = n;
}

DATA_SEND(struct undump_event)
#include "lib/data_parts.bpf.h"

/* False: it is no local socket. */
static __always_inline bool look_at(struct undump_call *to, __u32 fd)
{
	struct file *file = file_of(fd);
	const struct unix_sock___own *un, *peer;
	struct socket___own *socket;
	struct sock___own *sk;

	if ((file_mode(file) & S_IFMT) != S_IFSOCK)
		return false;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX)
		return false;
	to->inode = file_inode(file);
	to->type = BPF_CORE_READ(sk, sk_type);
	to->fd = fd;
	if (!want_path)
		return true;
	un = (const void *)sk;
	to->address = BPF_CORE_READ(un, addr);
	peer = BPF_CORE_READ(un, peer);
	if (!to->address && peer)
		to->address = BPF_CORE_READ(peer, addr);
	return true;
}

static __noinline int received(const struct undump_call *from, __u64 message, __s64 length)
{
	struct undump_message m = {};

	if (bpf_probe_read_user(&m, length < 0 ? sizeof(m) : __builtin_offsetof(struct undump_message, length), (void *)message))
		lose(LOSS_READ);
	else if (length > 0 || (length < 0 && m.length))
		data_send_parts(from, m.iov, m.iov_len, length < 0 ? m.length : length);
	return 0;
}

ON_UNPACKED(read, readv, recvfrom, recvmsg, recvmmsg)
{
	bool plain = syscall_is(call, read) || syscall_is(call, recvfrom);
	bool has_flags = syscall_is(call, recvfrom) || syscall_is(call, recvmmsg);
	__u64 flags = syscall_is(call, recvmsg) ? call->arg[2] : has_flags ? call->arg[3] : 0;
	struct undump_call from = {};
	__u64 n = call->ret;

	if (call->ret <= 0 || flags & MSG_PEEK || !filter_current() || !look_at(&from, call->arg[0]))
		return 0;
	if (n > call->arg[2] && syscall_is(call, recvfrom))	/* with MSG_TRUNC it is told how long it was */
		n = call->arg[2];
	if (plain)
		data_send_all(&from, call->arg[1], n);
	else if (call->is_32)	/* its structs are others: only the length, and of recvmmsg(2) not even that */
		data_send_all(&from, 0, syscall_is(call, recvmmsg) ? 0 : n);
	else if (syscall_is(call, readv))
		data_send_parts(&from, call->arg[1], call->arg[2], n);
	else if (syscall_is(call, recvmsg))
		received(&from, call->arg[1], n);
	else
		for (__u32 i = 0; i < MESSAGES && i < n; i++)
			received(&from, call->arg[1] + i * sizeof(struct undump_message), -1);
	return 0;
}
