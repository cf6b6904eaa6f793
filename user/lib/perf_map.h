/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The functions that a program makes at run time, as it tells of them in /tmp/perf-PID.map: "address size name" a line. */
#ifndef PERF_MAP_H
#define PERF_MAP_H

#include <linux/types.h>
#include <stddef.h>

struct perf_map {
	int fd;			/* -1: there is none */
	__u64 read;		/* bytes of it so far */
	char *names;
	size_t names_size, names_room;
	struct perf_map_entry *entries;
	size_t n, room;
	__u32 order;
};

#define PERF_MAP_NONE { .fd = -1 }

/* Reads what has come since the last time; only a file that is really one. */
int perf_map_read(struct perf_map *map);
int perf_map_add(struct perf_map *map, const char *text, size_t size);	/* whole lines; what is none is left out */
/* -ENOENT, or the function there that was made last. */
int perf_map_find(const struct perf_map *map, __u64 address, const char **name, __u64 *into);
void perf_map_free(struct perf_map *map);

#endif
