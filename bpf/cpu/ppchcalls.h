/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum { ONLY_HCALLS = 1 << 16 };

struct ppchcalls_row {
	struct ppchcalls_key {
		__u32 pid;	/* 0 unless counted by process */
		__u32 hcall;
	} key;
	struct ppchcalls_value {
		__u64 count;
		__u64 failed;
		__u64 ns;
		char comm[COMM_LEN];
	} value;
};
