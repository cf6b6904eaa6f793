/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct fsdist_key {
	__u32 call;		/* enum fs_call */
	__u32 pad;
};
