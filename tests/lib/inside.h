/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of this library share with each other only. */
#ifndef INSIDE_H
#define INSIDE_H

#include <stddef.h>
#include <sys/types.h>

extern char test_dir[64];
char *fd_text(int fd, size_t *length); /* the whole of a file that can be read again, terminated */
void needs_remember(void);	       /* from now on, across tests of each tool */
void cgroups_forget(pid_t pid);	       /* removes those that a test made */

#endif
