/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Places in the kernel and in programs, by pattern:
 *	FUNCTION, p:FUNCTION		kernel functions
 *	t:CATEGORY:EVENT		tracepoints
 *	FILE:FUNCTION, p:FILE:FUNCTION	functions of a program or library: a path, or "c" for libc
 * Names may be globs, or regular expressions.
 */
#ifndef POINTS_H
#define POINTS_H

#include "lib/tool.h"

struct points {
	struct bpf_program *kprobe, *kprobe_multi, *tracepoint, *uprobe;	/* what runs there; NULL: that isn't possible */
	bool regex;
	__u32 pid;		/* of uprobes; 0: every process */
};

/* Which programs these patterns need are turned on, in a tool's setup(). -EINVAL, -EOPNOTSUPP after a line on stderr. */
int points_choose(const struct points *points, char **patterns, int n);
/* In attach(): how many places, or as above. */
int points_attach(const struct points *points, char **patterns, int n);

#define POINTS_HELP "FUNCTION is one of the kernel's, t:CATEGORY:EVENT a tracepoint, FILE:FUNCTION one of a program or library " \
		    "(a path, or a name as \"c\" for libc.so). Names may have * and ?."

#endif
