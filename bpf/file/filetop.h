/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct filetop_key {
	__u64 inode;
	__u32 dev;		/* major << 20 | minor */
	__u32 id;		/* process or thread */
};

struct filetop_row {
	struct filetop_key key;
	struct filetop_value {
		__u64 reads, writes;
		__u64 read_bytes, write_bytes;
		__u32 mode, pad;
		char comm[COMM_LEN];
		char name[256];	/* NAME_MAX and its NUL */
	} value;
	__u64 bytes;		/* filled by user space */
};
