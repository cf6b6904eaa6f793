// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/perf_map.h"

#define MOST (256ULL << 20)	/* bytes of such a file */
#define CHUNK (64 << 10)
#define OVERLAP 64		/* functions that may begin behind the one that is looked for */

struct perf_map_entry {
	__u64 start, size;
	__u32 name, order;
};

static int by_start(const void *a, const void *b)
{
	const struct perf_map_entry *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* With 0x before it or without. */
static const char *number(const char *p, const char *end, __u64 *value)
{
	int digits = 0;

	if (end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		p += 2;
	for (*value = 0; p < end && isxdigit((unsigned char)*p); p++, digits++)
		*value = *value << 4 | (*p <= '9' ? *p - '0' : (*p | 0x20) - 'a' + 10);
	return digits && digits <= 16 && p < end && *p == ' ' ? p + 1 : NULL;
}

static int keep(struct perf_map *map, __u64 start, __u64 size, const char *name, size_t length)
{
	void *more;

	if (map->n == map->room) {
		map->room = map->room ? map->room * 2 : 256;
		more = realloc(map->entries, map->room * sizeof(*map->entries));
		if (!more)
			return -ENOMEM;
		map->entries = more;
	}
	if (map->names_size + length + 1 > map->names_room) {
		map->names_room = (map->names_size + length + 1) * 2;
		more = realloc(map->names, map->names_room);
		if (!more)
			return -ENOMEM;
		map->names = more;
	}
	map->entries[map->n++] = (struct perf_map_entry){ start, size, map->names_size, map->order++ };
	memcpy(map->names + map->names_size, name, length);
	map->names_size += length;
	map->names[map->names_size++] = 0;
	return 0;
}

static int add(struct perf_map *map, const char *text, size_t size)
{
	const char *end = text + size, *next;
	int ret = 0;

	for (; text < end && !ret; text = next + 1) {
		__u64 start, length;
		const char *p;

		next = memchr(text, '\n', end - text) ?: end;
		p = number(text, next, &start);
		if (p)
			p = number(p, next, &length);
		if (p && p < next && length && start + length > start && !memchr(p, 0, next - p))
			ret = keep(map, start, length, p, next - p);
	}
	return ret;
}

int perf_map_add(struct perf_map *map, const char *text, size_t size)
{
	int ret = add(map, text, size);

	if (map->n)
		qsort(map->entries, map->n, sizeof(*map->entries), by_start);
	return ret;
}

/* A line that isn't complete yet is left for the next time. */
int perf_map_read(struct perf_map *map)
{
	char *chunk = map->fd < 0 ? NULL : malloc(CHUNK), *last;
	size_t before = map->n;
	int ret = 0;
	ssize_t n;

	if (map->fd < 0)
		return -ENOENT;
	while (chunk && !ret && map->read < MOST && (n = pread(map->fd, chunk, CHUNK, map->read)) > 0) {
		last = memrchr(chunk, '\n', n);
		if (!last && n < CHUNK)
			break;
		n = last ? last + 1 - chunk : n;	/* a line longer than that is none */
		ret = add(map, chunk, n);
		map->read += n;
	}
	free(chunk);
	if (map->n > before)
		qsort(map->entries, map->n, sizeof(*map->entries), by_start);
	return ret;
}

int perf_map_find(const struct perf_map *map, __u64 address, const char **name, __u64 *into)
{
	const struct perf_map_entry *found = NULL;
	size_t low = 0, high = map->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->entries[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low, tries = 0; i-- && tries < OVERLAP; tries++) {
		const struct perf_map_entry *e = &map->entries[i];

		if (address - e->start < e->size && (!found || e->order > found->order))
			found = e;
	}
	if (!found)
		return -ENOENT;
	*name = map->names + found->name;
	*into = address - found->start;
	return 0;
}

void perf_map_free(struct perf_map *map)
{
	if (map->fd >= 0)
		close(map->fd);
	free(map->names);
	free(map->entries);
	*map = (struct perf_map)PERF_MAP_NONE;
}
