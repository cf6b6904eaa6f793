/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What part of the whole each row is: in percent, and as a bar. */
#ifndef SHARE_H
#define SHARE_H

#include "lib/tool.h"

struct share {
	__u64 part, whole, most;	/* counts: this row's, of all, and of the row that has most */
};

/* Where a row has its count and its share; with `group` (plus 1, of a __u32), rows of one group are a whole. */
struct share_of {
	size_t size, count, share, group;
};

void share_out(void *rows, size_t n, const struct share_of *of);	/* in a table's all() */
void share_show(struct out *out, const struct column *c, const void *row);
void share_bar(struct out *out, const struct column *c, const void *row);

#define COLS_SHARE(type)							\
	{ .key = "share", .help = "what part of all that is, in percent", .width = 7, .look = L_OWN, .show = share_show, \
	  .offset = offsetof(type, share), .bare_json = true },			\
	{ .key = "bar", .help = "the same as a bar; text only", .width = -32, .look = L_OWN, .show = share_bar, \
	  .offset = offsetof(type, share) }

#endif
