/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

/* What the calls' arguments are; strings stand in `data` one after the other, each with its NUL. */
enum mountsnoop_call {
	MOUNT, UMOUNT, FSOPEN, FSCONFIG, FSMOUNT, FSPICK, MOVE_MOUNT, OPEN_TREE, MOUNT_SETATTR, PIVOT_ROOT
};

#define MOUNTSNOOP_STRINGS 4
#define MOUNTSNOOP_STRING PATH_LEN

struct mountsnoop_event {
	struct origin origin;
	__s64 ret;		/* 0, a descriptor or -errno */
	__u64 number[4];	/* flags and so on, by call */
	__u32 ppid;
	__u32 mntns;
	__u32 call;		/* enum mountsnoop_call */
	__u32 nr;		/* number; NAMES_32 of user/lib/names.h for a 32-bit program's */
	__u32 len[MOUNTSNOOP_STRINGS];	/* with the NUL; 0: NULL */
	char pcomm[COMM_LEN];
	char data[MOUNTSNOOP_STRINGS * MOUNTSNOOP_STRING + PATH_LEN];
};
