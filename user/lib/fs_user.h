/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The functions that one type of file system has for regular files, read from its tables in the kernel, and programs of
 * bpf/lib/fs.bpf.h attached to them.
 */
#ifndef FS_USER_H
#define FS_USER_H

#include "lib/tool.h"
#include "lib/fs.h"

/* In setup(): `without` is a mask of 1 << enum fs_call. -EOPNOTSUPP after a line on stderr. */
int fs_setup(struct run *run, __u64 *tables, __u32 *getattr_args, __u32 without);
int fs_attach(struct run *run);
int fs_type(struct run *run, const char *arg, void *to);	/* .parse of the option */
const char *fs_call_name(__u32 call);
extern const struct alias fs_slower_aliases[], fs_dist_aliases[];

#define OPT_FS \
	{ .letter = 'F', .name = "fs", .arg = "TYPE", .value = V_CHARS, .parse = fs_type, \
	  .help = "type of file system, as /proc/filesystems has it; that of the current folder unless told" }

#endif
