/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Disks and what is asked of them, for tools. */
#ifndef BLOCK_H
#define BLOCK_H

#include "lib/tool.h"

int block_disk(struct run *run, const char *arg, void *to);	/* .parse of an option: a __u32 device number */
int block_setup(struct run *run);				/* before block_flags(): asks this kernel for the names */
void block_flags(struct out *out, __u32 cmd_flags);		/* "Write-Sync-FUA" */
void block_op(struct out *out, __u32 cmd_flags);		/* "Write" */
int block_error(int error);					/* -errno */

#endif
