/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Places in the kernel and in programs, by pattern:
 *	FUNCTION, p:FUNCTION		kernel functions
 *	t:CATEGORY:EVENT		tracepoints
 *	FILE:FUNCTION, p:FILE:FUNCTION	functions of a program or library: a path, or "c" for libc
 *	u:FILE:[PROVIDER:]MARKER	markers (USDT) in a program or library, at each place where it has them
 * Names may be globs, or regular expressions.
 */
#ifndef POINTS_H
#define POINTS_H

#include "lib/tool.h"

/* The object's programs of bpf/lib/points.bpf.h for the places in run->args. -EINVAL, -EOPNOTSUPP after a line on stderr. */
int points_setup(struct run *run, bool regex);
int points_attach(struct run *run);

#define POINTS_HELP "FUNCTION is one of the kernel's, t:CATEGORY:EVENT a tracepoint, FILE:FUNCTION one of a program or library " \
		    "(a path, or a name as \"c\" for libc.so), u:FILE:[PROVIDER:]MARKER one of the markers (USDT) that it was built " \
		    "with. Names may have * and ?."

#endif
