/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct iotop_row {
	struct iotop_key {
		__u64 inode;		/* 0 unless files are told apart */
		__u32 dev;		/* major << 20 | minor */
		__u32 pid;
	} key;
	struct iotop_value {
		__u64 read, written;	/* bytes, by system calls */
		__u64 disk_read, disk_written;
		__u64 dirtied;
		char comm[COMM_LEN];
		char name[256];		/* NAME_MAX and its NUL */
	} value;
	__u64 disk;			/* filled by user space */
};
