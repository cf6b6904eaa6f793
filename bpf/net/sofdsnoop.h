/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct sofdsnoop_event {
	struct origin origin;
	__u32 received;		/* else it was sent */
	__u32 socket;		/* the descriptor that it went through */
	__u32 fd;		/* that was passed, by its number in this process */
	__u32 of, number;	/* how many the message has, and which of them it is, from 1 */
	__u32 mode;		/* of the file, and its inode number */
	__u64 inode;
	__u64 socket_inode;
	__u32 names_len, cut;	/* of its path: bpf/lib/path.bpf.h */
	char names[PATH_LEN + 512];
};
