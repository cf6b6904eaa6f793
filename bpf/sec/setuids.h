/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct setuids_event {
	struct origin origin;	/* its uid is the one that the call left */
	__u32 call;		/* number, with NAMES_32 */
	__s32 error;		/* -errno */
	__u32 n;		/* how many ids it takes */
	__u32 ids[3];
	__u32 ruid, euid, suid, fsuid;	/* that it left */
};
