/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct pagefaults_event {
	struct origin origin;
	__u64 latency;		/* ns; 0: the kernel doesn't tell when it began */
	__u64 address;
	__u64 offset;		/* in the file */
	__u32 is_major;
	__u32 has_file;
	__u32 names_len, cut;
	char names[2 * PATH_LEN];
};
