/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's trace pipe: what BPF programs say with bpf_printk(). */
#ifndef PIPE_H
#define PIPE_H

#include "lib/tool.h"

#define PIPE_MESSAGE 2048	/* a message has at most 1,024 bytes: MAX_BPRINTF_BUF in kernel/bpf/helpers.c */

struct pipe_line {
	struct origin origin;	/* the time is when it was read; no pid, no uid */
	char message[PIPE_MESSAGE];
};

int pipe_open(void);	/* a descriptor that doesn't block, with bpf_printk() turned on; -errno after a line on stderr */

/* Calls fn for each whole line that is there, until it returns false; what is cut is kept for the next time. */
void pipe_read(int fd, bool (*fn)(void *ctx, const struct pipe_line *line), void *ctx);

#endif
