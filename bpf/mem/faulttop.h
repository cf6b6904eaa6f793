/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct faulttop_key {
	__u64 inode;		/* 0: memory of the process's own */
	__u32 dev;		/* major << 20 | minor */
	__u32 id;		/* process or thread */
};

struct faulttop_row {
	struct faulttop_key key;
	struct faulttop_value {
		__u64 majors, minors;
		__u64 major_ns, minor_ns;
		char comm[COMM_LEN];
		char name[256];	/* NAME_MAX and its NUL */
	} value;
	__u64 average_ns;	/* of a major one; filled by user space */
};
