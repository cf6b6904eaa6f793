// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Files that claim to be BTF, and objects that claim to need some. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"
#include "lib/btf.h"

static void walk(struct btf_types *types)
{
	struct btf_want wants[] = {{"task_struct", BTF_KIND_STRUCT, 0}, {"hello_event", BTF_KIND_STRUCT, 0}, {"", BTF_KIND_INT, 0}};
	struct btf_value values[16];
	struct btf_arg args[12];

	btf_find_many(types, wants, 3);
	btf_find(types, "origin", BTF_KIND_STRUCT);
	btf_find(types, "loss", BTF_KIND_ENUM);
	btf_member_offset(types, "hello_event", "origin.comm");
	btf_member_offset(types, "common", "comm_match");
	btf_member_offset(types, "trace_event_raw_sys_exit", "ent.pid");
	btf_func_args(types, "hello", args, 12);
	btf_tracepoint_args(types, "sys_exit", args, 12);
	btf_enum_names(types, "loss", values, 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int file = -1;
	struct btf_types *types;
	char path[64];
	int fd;

	if (file < 0)
		file = memfd_create("btf", MFD_CLOEXEC);
	MUST(file >= 0 && !ftruncate(file, 0) && pwrite(file, data, size, 0) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (btf_open(&types, path))
		return 0;
	walk(types);
	fd = btf_minimal(types, data, size);
	if (fd >= 0)
		close(fd);
	btf_close(types);
	return 0;
}
