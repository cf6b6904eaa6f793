/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs that user/lib/points.c puts at places: each is `see(ctx, entry)`; entry: of a function of a program. */
#ifndef POINTS_BPF_H
#define POINTS_BPF_H

#define ___POINT(section, name, see, entry)				\
SEC(section)								\
int name(struct pt_regs *ctx)						\
{									\
	return see(ctx, entry);						\
}

#define POINTS(see)							\
___POINT("?kprobe", kernel_function, see, false)			\
___POINT("?kprobe.multi", kernel_functions, see, false)			\
___POINT("?tp", tracepoint, see, false)					\
___POINT("?uprobe", user_function, see, true)				\
___POINT("?uprobe", user_marker, see, false)

#endif
