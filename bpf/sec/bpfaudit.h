/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define BPF_NAME 16

/* What stands beside the commands of bpf(2), whose numbers are below. */
enum bpfaudit_other {
	AUDIT_XDP = 59,		/* netlink: RTM_SETLINK with IFLA_XDP_FD */
	AUDIT_TC = 60,		/* netlink: RTM_NEWTFILTER with TCA_BPF_FD */
	AUDIT_PERF = 61,	/* ioctl(PERF_EVENT_IOC_SET_BPF) */
	AUDIT_SOCKET = 62,	/* setsockopt(SO_ATTACH_BPF) */
	AUDIT_REUSEPORT = 63,	/* setsockopt(SO_ATTACH_REUSEPORT_EBPF) */
};

enum bpfaudit_object { AUDIT_NONE, AUDIT_PROG, AUDIT_MAP, AUDIT_LINK, AUDIT_BTF, AUDIT_OBJECTS };

struct bpfaudit_event {
	struct origin origin;
	__u32 command;
	__s32 result;		/* -errno */
	__u32 object;		/* enum bpfaudit_object */
	__u32 type;		/* of a program, map or link */
	__u32 has_type, attach;	/* attach: 1 more than the attach type; 0: it has none */
	__u32 id, instructions;
	__u64 has_tag;
	__u8 tag[8];
	char name[BPF_NAME];
	__u32 interface, parent;	/* its index, and which of its hooks; of what is attached by netlink */
	__u32 target_len, pad;	/* with its NUL */
	char target[PATH_LEN];	/* a path, a tracepoint, a function */
};
