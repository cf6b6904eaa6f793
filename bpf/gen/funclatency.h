/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct funclatency_key {
	__u32 place, pid;	/* 0 unless they are told apart */
};
