/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define CGDEV_RULES 32
#define CGDEV_ANY   (~0U)

/* As struct bpf_cgroup_dev_ctx has them: 1 block, 2 char; 1 mknod, 2 read, 4 write. */
struct cgdev_rule {
	__u32 type, access;	/* bits; type 0: both */
	__u32 major, minor;	/* CGDEV_ANY: each */
};

struct cgdev_rules {
	__u32 n;
	struct cgdev_rule rule[CGDEV_RULES];
};

struct cgdev_event {
	struct origin origin;
	__u32 type, access;
	__u32 major, minor;
	__u32 denied, pad;
};
