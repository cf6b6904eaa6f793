/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct fsyncsnoop_event {
	struct origin origin;
	__u64 latency;		/* ns */
	__u64 bytes;		/* that the call itself gave to devices */
	__u32 writes, flushes;	/* how many bios; of any kind, those that flush a device's cache or pass by it */
	__s32 ret;		/* 0 or -errno */
	__s32 fd;
	__u32 call;		/* number; NAMES_32 of user/lib/names.h for a 32-bit program's */
	__u32 has_file;
	__u32 names_len, cut;
	char names[2 * PATH_LEN];
};
