/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef FILTER_H
#define FILTER_H

#include "lib/tool.h"

int filter_glob(const char *pattern, struct common *to);	/* to == NULL: only check it */
int filter_follow(__u32 pid);
int filter_pids(int (*fn)(void *ctx, int pid), void *ctx);	/* each of -p, until fn gives something else than 0 */
/* By name, or (name == NULL) by *uid into `found`; -ENOENT */
int filter_user(const char *name, __u32 *uid, char *found, size_t size);
const char *filter_cgroup_mount(void);
const char *filter_cgroup_path(__u64 id);
int filter_cgroup_open(const char *path);	/* "/a/b", "a/b", or with where it is mounted; -errno: stderr has a line on it */
int filter_cgroup_attach(struct bpf_program *program, const char *path);	/* NULL: to all; its error is told */

#endif
