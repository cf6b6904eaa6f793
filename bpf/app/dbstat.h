/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct dbstat_key {
	__u32 pid, pad;		/* 0 unless they are told apart */
};
