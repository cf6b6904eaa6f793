/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct swapin_row {
	struct swapin_key {
		__u32 pid, pad;
	} key;
	struct swapin_value {
		__u64 count;
		__u64 pages;
		char comm[COMM_LEN];
	} value;
};
