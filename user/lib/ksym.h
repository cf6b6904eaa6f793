/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's functions by address: its own, those of modules, of BPF programs and of what it makes at run time. */
#ifndef KSYM_H
#define KSYM_H

#include <linux/types.h>

/* `module` is "" for the kernel itself. -ENOENT: there is none; -EACCES: the kernel hides addresses from us. */
int ksym_find(__u64 address, const char **name, const char **module, __u64 *into);
/* The address of a function, or of anything that has a name; 0: there is none, or it is hidden. */
__u64 ksym_address(const char *name);
/* Its code, up to where the next one begins. -ENOENT; -EACCES: the kernel hides addresses from us. */
int ksym_range(const char *name, __u64 *from, __u64 *to);
__u64 ksym_data(const char *name);
void ksym_free(void);
int ksym_hidden(void);	/* a line that the kernel hides addresses; -EPERM */

#endif
