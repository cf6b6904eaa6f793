/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a type of the kernel's looks like, kept as a flat list: to show values when the types themselves have been given up. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "lib/btf.h"

struct layout;

/* The first `size` bytes of it, structs in it as far as they nest. -EINVAL: it has no value. */
int layout_new(struct layout **layout, struct btf_types *btf, __u32 id, __u32 size);
void layout_free(struct layout *layout);
__u32 layout_size(const struct layout *layout);		/* bytes that are needed of it */
/* "{a=1,b={c=0xffff888003a40000,d="text"}}"; the length. */
size_t layout_show(const struct layout *layout, const void *bytes, char *text, size_t room);

#endif
