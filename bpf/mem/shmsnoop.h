/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum shmsnoop_call { SHM_GET, SHM_AT, SHM_DT, SHM_CTL };

struct shmsnoop_event {
	struct origin origin;
	__s64 ret;		/* an id, an address, 0 or -errno */
	__u64 arg[3];
	__u32 call;		/* enum shmsnoop_call */
	__u32 nr;		/* number; NAMES_32 of user/lib/names.h for a 32-bit program's */
};
