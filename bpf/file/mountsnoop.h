/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum mountsnoop_call {
	CALL_MOUNT, CALL_UMOUNT, CALL_FSOPEN, CALL_FSCONFIG, CALL_FSMOUNT, CALL_FSPICK, CALL_MOVE_MOUNT, CALL_OPEN_TREE,
	CALL_MOUNT_SETATTR, CALL_PIVOT_ROOT
};

#define MOUNTSNOOP_STRINGS 4

/* The call's numbers and strings, in the order of its arguments. */
struct mountsnoop_event {
	struct origin origin;
	__s32 ret;		/* 0, a descriptor or -errno */
	__u32 ppid;
	__u32 mntns;
	__u32 call;		/* enum mountsnoop_call */
	__u32 nr;		/* number; NAMES_32 of user/lib/names.h for a 32-bit program's */
	__u32 used;		/* of data */
	__u64 number[4];
	__u64 string[MOUNTSNOOP_STRINGS];	/* where they were */
	__u32 len[MOUNTSNOOP_STRINGS];	/* with the NUL; 0: there is none */
	char pcomm[COMM_LEN];
	char data[(MOUNTSNOOP_STRINGS + 1) * PATH_LEN];
};
