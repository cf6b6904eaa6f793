/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The system calls that read and write what is open, in all their forms. */
#ifndef READWRITE_BPF_H
#define READWRITE_BPF_H

#include "lib/syscall.bpf.h"

#define READS_OR_WRITES(nr)						\
	(syscall_in(nr, read, pread64, readv, preadv, preadv2) || syscall_in(nr, write, pwrite64, writev, pwritev, pwritev2))

/* A number of one table may be another call in the other one, so ask for both. */
static __always_inline bool is_read(const struct syscall *call)
{
	return syscall_is(call, read) || syscall_is(call, pread64) || syscall_is(call, readv) ||
	       syscall_is(call, preadv) || syscall_is(call, preadv2);
}

static __always_inline bool is_write(const struct syscall *call)
{
	return syscall_is(call, write) || syscall_is(call, pwrite64) || syscall_is(call, writev) ||
	       syscall_is(call, pwritev) || syscall_is(call, pwritev2);
}

/* Where it read or wrote, once it has returned; `position` is what the open file has then. */
static __always_inline __u64 offset_of(const struct syscall *call, __u64 position)
{
	bool at = syscall_is(call, pread64) || syscall_is(call, pwrite64) || syscall_is(call, preadv) ||
		  syscall_is(call, pwritev) || syscall_is(call, preadv2) || syscall_is(call, pwritev2);

	if (at && call->is_32)	/* in two halves; pread64 and preadv have them at the same place */
		return call->arg[3] | (__u64)call->arg[4] << 32;
	if (at && (call->arg[3] != -1UL))	/* preadv2 with -1 is readv */
		return call->arg[3];
	return call->ret > 0 ? position - call->ret : position;
}

#endif
