// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/fault.bpf.h"
#include "lib/file.bpf.h"
#include "lib/origin.bpf.h"
#include "faulttop.h"

const volatile bool by_thread;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct faulttop_key);
	__type(value, struct faulttop_value);
} files SEC(".maps");

/* A new entry is too long for the stack. */
static const struct faulttop_value zero;

ON_FAULT
{
	struct file *file = (void *)found->file;
	struct faulttop_key key = {};
	struct faulttop_value *value;
	__u64 ids = current_ids();

	if (file) {
		key.inode = file_inode(file);
		key.dev = file_dev(file);
	}
	key.id = by_thread ? ids : ids >> 32;
	value = map_get_or_init(&files, &key, &zero);
	if (!value)
		return 0;
	add(is_major ? &value->majors : &value->minors, 1);
	add(is_major ? &value->major_ns : &value->minor_ns, latency);
	if (!value->comm[0]) {
		bpf_get_current_comm(value->comm, sizeof(value->comm));
		if (file)
			file_name(value->name, sizeof(value->name), file);
	}
	return 0;
}
