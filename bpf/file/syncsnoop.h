/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct syncsnoop_event {
	struct origin origin;
	__s32 ret;		/* 0 or -errno */
	__s32 fd;		/* -1: none */
	__u32 call;		/* number; NAMES_32 of user/lib/names.h for a 32-bit program's */
	__u32 cut;
	__u32 names_len;
	__u32 has_file;
	char names[2 * PATH_LEN];
};
