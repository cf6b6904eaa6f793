// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A whole map: in batches where the kernel can, one by one else, right while it changes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/tool.h"

#define BATCH 256
#define BATCH_BYTES (4 << 20)
#define RESTARTS 1000

__u64 map_restarts;	/* walks that had to begin again: entries may have been seen twice */

static size_t value_size(const struct bpf_map_info *info)
{
	switch (info->type) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return (size_t)((info->value_size + 7) & ~7U) * libbpf_num_possible_cpus();
	default:
		return info->value_size;
	}
}

/*
 * When the entry that the walk stands on is deleted, the kernel starts over from the
 * first; the caller's keys make up for it, but the number of new starts is bounded.
 */
static int one_by_one(int fd, const struct bpf_map_info *info, int (*fn)(void *, const void *, void *), void *ctx)
{
	char *key = calloc(2, info->key_size), *value = malloc(value_size(info));
	char *next = key + info->key_size;
	__u64 left = info->max_entries + RESTARTS;
	void *prev = NULL;
	int ret = key && value ? 0 : -ENOMEM;

	while (!ret && left-- && !bpf_map_get_next_key(fd, prev, next)) {
		if (prev && bpf_map_lookup_elem(fd, prev, value) && errno == ENOENT)
			map_restarts++;
		memcpy(key, next, info->key_size);
		prev = key;
		if (!bpf_map_lookup_elem(fd, key, value))
			ret = fn(ctx, key, value);
	}
	free(key);
	free(value);
	return ret;
}

/* Calls fn for every entry; per-CPU values come as an array of all possible CPUs, each rounded up to 8 bytes. */
int map_each(int fd, int (*fn)(void *, const void *, void *), void *ctx)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info), n, batch = BATCH;
	char *keys = NULL, *values = NULL;
	__u64 cursor[64];	/* room for a key or a bucket number, whichever the map type uses; keys fit a BPF stack */
	void *at = NULL;
	int ret = 0, end = 0;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	if (info.key_size > sizeof(cursor))
		return one_by_one(fd, &info, fn, ctx);
	while (batch > 1 && batch * value_size(&info) > BATCH_BYTES)
		batch /= 2;
retry:
	free(keys);
	free(values);
	keys = malloc((size_t)batch * info.key_size);
	values = malloc((size_t)batch * value_size(&info));
	if (!keys || !values)
		ret = -ENOMEM;
	while (!ret && !end) {
		n = batch;
		end = bpf_map_lookup_batch(fd, at, cursor, keys, values, &n, NULL) ? errno : 0;
		if (end == ENOSPC && batch < 1 << 16) {		/* a bucket longer than the batch */
			batch *= 4;
			end = 0;
			goto retry;
		}
		if (end && end != ENOENT) {
			ret = at ? -end : one_by_one(fd, &info, fn, ctx);
			break;
		}
		at = cursor;
		for (__u32 i = 0; i < n && !ret; i++)
			ret = fn(ctx, keys + (size_t)i * info.key_size, values + i * value_size(&info));
	}
	free(keys);
	free(values);
	return ret;
}
