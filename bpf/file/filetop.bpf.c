// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/file.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/syscall.bpf.h"
#include "filetop.h"

const volatile bool all_types, by_thread, read_only, write_only;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct filetop_key);
	__type(value, struct filetop_value);
} files SEC(".maps");

/* A new entry is too long for the stack. */
static const struct filetop_value zero;

#define READS(nr)  syscall_in(nr, read, pread64, readv, preadv, preadv2)
#define WRITES(nr) syscall_in(nr, write, pwrite64, writev, pwritev, pwritev2)

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

ON_SYSCALL_IF(READS(nr) || WRITES(nr))
{
	bool read = is_read(call);
	struct filetop_key key = {};
	struct filetop_value *value;
	struct file *file;
	__u64 ids;
	__u32 mode;

	if (call->ret < 0 || (!read && !is_write(call)) || (read ? write_only : read_only) || !filter_current())
		return 0;
	file = file_of(call->arg[0]);
	mode = file_mode(file);
	if (!all_types && (mode & S_IFMT) != S_IFREG)
		return 0;
	ids = current_ids();
	key.inode = file_inode(file);
	key.dev = file_dev(file);
	key.id = by_thread ? ids : ids >> 32;
	value = map_get_or_init(&files, &key, &zero);
	if (!value)
		return 0;
	add(read ? &value->reads : &value->writes, 1);
	add(read ? &value->read_bytes : &value->write_bytes, call->ret);
	if (!value->mode) {
		value->mode = mode;
		bpf_get_current_comm(value->comm, sizeof(value->comm));
		file_name(value->name, sizeof(value->name), file);
	}
	return 0;
}
