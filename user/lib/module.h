/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that processes have mapped as code, and the functions in them. For symbol.c. */
#ifndef MODULE_H
#define MODULE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "lib/lines.h"

#define NO_MODULE 0

struct mapped {
	__u32 pid;
	__u64 start, end, inode;
	__u32 major, minor;
	const char *path;	/* as /proc/PID/maps has it */
};

__u32 module_of_file(const struct mapped *mapped);	/* its number; the file stays open from now on */
__u32 module_vdso(const struct mapped *mapped);
__u32 module_of_jit(__u32 pid, __u64 image);		/* what this process makes at run time */
__u32 module_kernel(void);

bool module_is_jit(__u32 module);
bool module_is_kernel(__u32 module);
const char *module_name(__u32 module);			/* the last one of its path */
const char *module_path(__u32 module);
void module_free(void);
bool module_is_entry(__u32 module, __u64 at);		/* the code that the program begins with */
bool module_is_return(__u32 module, __u64 at);		/* a call can return to what follows that byte */
int module_find(__u32 module, __u64 at, char *name, size_t size, __u64 *into);	/* -ENOENT */

/* What the debug information says of that byte, as lines_find(); 0: nothing. Files with it are looked for once asked to. */
void module_want_lines(void);
int module_lines(__u32 module, __u64 at, struct line_place to[LINES_DEEP]);

#endif
