/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct funcinterval_key {
	__u64 place;		/* 0 unless they are told apart */
};
