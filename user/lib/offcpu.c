// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/offcpu_user.h"

int offcpu_check(bool only_user_threads, bool only_kernel_threads, __u64 min, __u64 max)
{
	if (only_user_threads && only_kernel_threads) {
		err("--user-threads-only and --kernel-threads-only: one of them");
		return -EINVAL;
	}
	if (min > max) {
		err("--min-block-time: it is more than --max-block-time");
		return -EINVAL;
	}
	return 0;
}
