/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps: opened by whatever names them, every entry read while it changes, and what each type of map lets be done.
 * Values of per-CPU maps come and go as an array of all possible CPUs, each rounded up to 8 bytes.
 */
#ifndef MAP_H
#define MAP_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

struct map {
	int fd;
	struct bpf_map_info info;
	size_t room;		/* bytes of a value as calls take it */
	size_t stride;		/* ... and of one CPU in it */
	int cpus;		/* all possible ones for a per-CPU map, else 1 */
	bool frozen, writable;
};

/* Headers to build with may be older. */
#define MAP_TYPE_USER_RINGBUF 31
#define MAP_TYPE_CGRP_STORAGE 32

enum {
	MAP_WALK = 1 << 0,	/* its entries can be listed */
	MAP_GET = 1 << 1,
	MAP_SET = 1 << 2,
	MAP_DELETE = 1 << 3,
	MAP_PUSH = 1 << 4,	/* push, pop, peek: no keys */
	MAP_INDEX = 1 << 5,	/* keys are 0 to max_entries - 1 */
	MAP_FD = 1 << 6,	/* values are set as descriptors, and read as ids or not at all */
	MAP_FOLLOW = 1 << 7,	/* records are read as they come */
};

const char *map_type_name(__u32 type);		/* "hash"; "type 40" for what is newer than this */
int map_type_find(const char *name);		/* or -ENOENT */
__u32 map_can(const struct map *map);		/* MAP_* */
const char *map_why_not(const struct map *map, __u32 can);	/* why the kernel doesn't let one do that */

/*
 * "id:12", "12", a path of a pin (with a slash), or a name, also of more than the 15 characters that the kernel keeps;
 * "name:12" for a name of digits. Reading asks for no right to write. One line on stderr if it fails; -EINVAL for a name
 * that is not clear.
 */
int map_open(struct map *map, const char *name, bool write);
int map_of(struct map *map, int fd);		/* of a descriptor that stays the caller's */
void map_close(struct map *map);
int map_next_id(__u32 *id);			/* of all loaded maps; -ENOENT after the last */

/* -errno. A value of NULL in walks: it is there, but can't be read. */
int map_get(const struct map *map, const void *key, void *value);
int map_set(const struct map *map, const void *key, const void *value, __u64 flags);
int map_delete(const struct map *map, const void *key);

typedef int (*map_fn)(void *ctx, const void *key, void *value);

/*
 * Calls fn for each entry until it returns something else than 0. An entry that is there all the time is seen once, but
 * when *restarts (of walks that had to begin again) counts up: then some may be seen twice.
 */
int map_walk(const struct map *map, map_fn fn, void *ctx, __u64 *restarts);
/* The same, and what fn has seen is gone. */
int map_drain(const struct map *map, map_fn fn, void *ctx, __u64 *restarts);
/* n entries, keys and values one after the other; *done of them are set when it fails. */
int map_set_many(const struct map *map, const void *keys, const void *values, __u32 n, __u64 flags, __u32 *done);

#endif
