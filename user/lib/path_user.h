/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PATH_USER_H
#define PATH_USER_H

#include "lib/tool.h"
#include "lib/path.h"

int path_setup(struct run *run, struct path_offsets *to);	/* -EOPNOTSUPP after a line on stderr */
void path_write(struct out *out, const char *names, size_t size, bool cut);
void path_write_from(struct out *out, const char *base, size_t size, bool cut, const char *path, size_t len);
/* As it was given; NULL: there is none. */
const char *path_pair_given(const struct path_pair *pair, int i);
void path_pair_write(struct out *out, const struct path_pair *pair, int i);
/* The device that the kernel has for a file's file system, major << 20 | minor; on Btrfs stat(2) says another. */
int path_device(const char *path, __u32 *dev);
/* The line of /proc/self/mountinfo of the mount that it is on, to be freed; NULL: errno says why. */
char *path_mount(const char *path);

#endif
