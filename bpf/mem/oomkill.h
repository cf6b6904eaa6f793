/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct oomkill_event {
	struct origin origin;	/* of who needed memory */
	__u64 pages;		/* that the victim's group, or the machine, has to give; 0: not known */
	__u32 victim;
	__u32 victim_uid;
	char victim_comm[COMM_LEN];
	__s32 score;		/* the victim's oom_score_adj */
	__u32 is_cgroup;	/* 1: the limit of a memory cgroup; 2: not known */
};
