/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Storages of tasks, cgroups and sockets: all their entries, which the kernel's calls for maps don't list. */
#ifndef STORAGE_H
#define STORAGE_H

#include "lib/typed.h"

/*
 * Calls fn for each entry until it returns something else than 0; t->key_name is then what the entry's key is called. The
 * key that fn gets is a descriptor that ends with the call, or -1. -EOPNOTSUPP: not this kind of map, or no way to list
 * them in this kernel.
 */
int storage_walk(struct typed *t, map_fn fn, void *ctx);

#endif
