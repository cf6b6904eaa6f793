/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/path.h"

enum filewho_how {
	WHO_OPEN, WHO_READ, WHO_MMAP, WHO_LIST,
	WHO_CHANGES,	/* from here on */
	WHO_WRITE = WHO_CHANGES, WHO_TRUNCATE, WHO_ALLOCATE, WHO_CHMOD, WHO_CHOWN, WHO_SETXATTR,
	WHO_UNLINK, WHO_RENAME, WHO_LINK, WHO_MAKE,
};

struct filewho_id {
	__u64 inode;
	__u32 dev;		/* major << 20 | minor */
	__u32 pad;
};

/* Of a call with a descriptor, `paths` has the names of the open file as where the first path begins, and no path. */
struct filewho_event {
	struct origin origin;
	__s64 bytes;		/* read or written */
	__u32 how;		/* enum filewho_how */
	__u32 elsewhere;	/* its root is another one than ours */
	struct path_pair paths;
};
