// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A whole map: in batches where the kernel can, one by one else, right while it changes. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/map.h"
#include "lib/owner.h"
#include "lib/tool.h"

#define BATCH 1024
#define BATCH_BYTES (4 << 20)
#define HISTORY 64	/* keys to go back to when the one that the walk stands on is gone */
#define RESTARTS 1000

__u64 map_restarts;

#define ENTRIES (MAP_WALK | MAP_GET | MAP_SET | MAP_DELETE)
#define SLOTS (MAP_GET | MAP_SET | MAP_WALK | MAP_INDEX)

/* By enum bpf_map_type: headers to build with may be older than the kernel. */
static const struct {
	const char *name;
	__u32 can;
} types[] = {
	{ "unspec", 0 },
	{ "hash", ENTRIES },
	{ "array", SLOTS },
	{ "prog_array", SLOTS | MAP_DELETE | MAP_FD },
	{ "perf_event_array", SLOTS | MAP_DELETE | MAP_FD | MAP_FOLLOW },
	{ "percpu_hash", ENTRIES },
	{ "percpu_array", SLOTS },
	{ "stack_trace", MAP_WALK | MAP_GET | MAP_DELETE },
	{ "cgroup_array", SLOTS | MAP_DELETE | MAP_FD },
	{ "lru_hash", ENTRIES },
	{ "lru_percpu_hash", ENTRIES },
	{ "lpm_trie", ENTRIES },
	{ "array_of_maps", SLOTS | MAP_DELETE | MAP_FD },
	{ "hash_of_maps", ENTRIES | MAP_FD },
	{ "devmap", SLOTS | MAP_DELETE },
	{ "sockmap", SLOTS | MAP_DELETE | MAP_FD },
	{ "cpumap", SLOTS | MAP_DELETE },
	{ "xskmap", SLOTS | MAP_DELETE | MAP_FD },
	{ "sockhash", ENTRIES | MAP_FD },
	{ "cgroup_storage", MAP_WALK | MAP_GET | MAP_SET },
	{ "reuseport_sockarray", SLOTS | MAP_DELETE | MAP_FD },
	{ "percpu_cgroup_storage", MAP_WALK | MAP_GET | MAP_SET },
	{ "queue", MAP_PUSH },
	{ "stack", MAP_PUSH },
	{ "sk_storage", MAP_GET | MAP_SET | MAP_DELETE },
	{ "devmap_hash", ENTRIES },
	{ "struct_ops", MAP_WALK | MAP_GET | MAP_INDEX | MAP_DELETE },	/* what is registered is taken back */
	{ "ringbuf", MAP_FOLLOW },
	{ "inode_storage", MAP_GET | MAP_SET | MAP_DELETE },
	{ "task_storage", MAP_GET | MAP_SET | MAP_DELETE },
	{ "bloom_filter", MAP_PUSH },
	{ "user_ringbuf", MAP_PUSH },
	{ "cgrp_storage", MAP_GET | MAP_SET | MAP_DELETE },
	{ "arena", 0 },
	{ "insn_array", SLOTS },
	{ "rhash", ENTRIES },
};

#define TYPES (sizeof(types) / sizeof(*types))

const char *map_type_name(__u32 type)
{
	static char number[24];

	if (type < TYPES)
		return types[type].name;
	snprintf(number, sizeof(number), "type %u", type);
	return number;
}

int map_type_find(const char *name)
{
	for (size_t i = 1; i < TYPES; i++)
		if (!strcmp(types[i].name, name))
			return i;
	return -ENOENT;
}

__u32 map_can(const struct map *map)
{
	return map->info.type < TYPES ? types[map->info.type].can : ENTRIES;
}

const char *map_why_not(const struct map *map, __u32 can)
{
	static char why[128];

	switch (map->info.type) {
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return can & MAP_WALK ? "the kernel shows the next entry only: peek, or pop to take them" :
					"it has no keys: push, pop and peek are for it";
	case BPF_MAP_TYPE_BLOOM_FILTER:
		return "it keeps no values, only whether one may have been pushed: push and peek VALUE are for it";
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return "records are read as they come: follow is for it";
	case MAP_TYPE_USER_RINGBUF:
		return "what user space writes into it only BPF programs read";
	case BPF_MAP_TYPE_SK_STORAGE:
		return "this kernel lists no sockets: a key is PID/DESCRIPTOR";
	case BPF_MAP_TYPE_INODE_STORAGE:
		return "the kernel lists no files: a key is a path";
	case BPF_MAP_TYPE_STACK_TRACE:
		return "only BPF programs put stacks into it";
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return "its entries come and go with the programs that are attached to cgroups";
	default:
		snprintf(why, sizeof(why), "the kernel doesn't let user space %s a map of type %s",
			 can & (MAP_WALK | MAP_GET) ? "read" : can & MAP_DELETE ? "delete from" : "write to",
			 map_type_name(map->info.type));
		return why;
	}
}

/* --- Opening --- */

int map_of(struct map *map, int fd)
{
	__u32 size = sizeof(map->info);

	*map = (struct map){ .fd = fd, .cpus = 1 };
	if (bpf_obj_get_info_by_fd(fd, &map->info, &size))
		return -errno;
	map->stride = map->info.value_size;
	map->room = map->stride;
	switch (map->info.type) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		map->cpus = libbpf_num_possible_cpus();
		map->stride = (map->stride + 7) & ~(size_t)7;
		map->room = map->stride * map->cpus;
	}
	return map->cpus < 1 ? -EINVAL : 0;
}

int map_next_id(__u32 *id)
{
	return bpf_map_get_next_id(*id, id) ? -errno : 0;
}

static int open_id(__u32 id, bool write)
{
	LIBBPF_OPTS(bpf_get_fd_by_id_opts, opts, .open_flags = write ? 0 : BPF_F_RDONLY);
	int fd = bpf_map_get_fd_by_id_opts(id, &opts);

	return fd < 0 ? -errno : fd;
}

/* The kernel keeps 15 characters of a name; all the maps that it could be go to `ids`. */
static int find_name(const char *name, char *ids, size_t size, int *found)
{
	char kept[BPF_OBJ_NAME_LEN] = "", other[64];
	int id = -ENOENT, ret = 0;
	size_t used = 0;

	*found = 0;
	snprintf(kept, sizeof(kept), "%s", name);
	for (__u32 i = 0; !(ret = map_next_id(&i));) {
		if (object_name(OBJECT_MAP, i, other, sizeof(other)) || strcmp(other, kept))
			continue;
		id = i;
		if (used < size)
			used += snprintf(ids + used, size - used, "%s%u", *found ? ", " : "", i);
		++*found;
	}
	return ret == -ENOENT ? id : ret;
}

static int open_named(const char *name, bool write)
{
	char ids[80] = "";
	int found, id;

	id = find_name(name, ids, sizeof(ids), &found);
	if (found > 1) {
		err("%d maps are called '%s': say which: id:%s", found, name, ids);
		return -EINVAL;
	}
	if (id == -ENOENT)
		err("no map '%s': ls lists them", name);
	return id < 0 ? id : open_id(id, write);
}

static int open_path(const char *path, bool write)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = write ? 0 : BPF_F_RDONLY);
	int fd = bpf_obj_get_opts(path, &opts);

	if (fd < 0 && errno != EPERM)
		err("%s: %s", path, errno == EACCES ? "this user may not use it: root can, or its owner" : strerror(errno));
	return fd < 0 ? -errno : fd;
}

static bool is_frozen(int fd)
{
	char path[64], line[128];
	int frozen = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, "frozen: %d", &frozen) != 1)
		;
	if (f)
		fclose(f);
	return frozen;
}

int map_open(struct map *map, const char *name, bool write)
{
	const char *digits = !strncmp(name, "id:", 3) ? name + 3 : name;
	unsigned long id;
	char *end;
	int fd, ret;

	map->fd = -1;
	id = strtoul(digits, &end, 10);
	if (isdigit((unsigned char)*digits) && !*end && id <= UINT32_MAX) {
		fd = open_id(id, write);
		if (fd == -ENOENT)
			err("no map with the id %lu: ls lists them", id);
	} else if (digits != name) {
		err("'%s' is no id", name);
		return -EINVAL;
	} else if (strchr(name, '/')) {
		fd = open_path(name, write);
	} else {
		fd = open_named(!strncmp(name, "name:", 5) ? name + 5 : name, write);
	}
	if (fd < 0)
		return fd;
	ret = map_of(map, fd);
	if (ret) {
		close(fd);
		map->fd = -1;
		err("%s: not a map", name);
		return -EINVAL;
	}
	map->writable = write;
	map->frozen = is_frozen(fd);
	if (write && map->frozen) {
		close(fd);
		map->fd = -1;
		err("%s: it is frozen: user space can't change it any more", name);
		return -EOPNOTSUPP;
	}
	return 0;
}

void map_close(struct map *map)
{
	if (map->fd >= 0)
		close(map->fd);
	map->fd = -1;
}

/* --- One entry --- */

int map_get(const struct map *map, const void *key, void *value)
{
	return bpf_map_lookup_elem(map->fd, key, value) ? -errno : 0;
}

int map_set(const struct map *map, const void *key, const void *value, __u64 flags)
{
	return bpf_map_update_elem(map->fd, key, value, flags) ? -errno : 0;
}

int map_delete(const struct map *map, const void *key)
{
	return bpf_map_delete_elem(map->fd, key) ? -errno : 0;
}

/* --- All entries --- */

/* Slots by their number; those that are empty, or that the kernel can't show, are no entries. */
static int by_index(const struct map *map, map_fn fn, void *ctx)
{
	bool structs = map->info.type == BPF_MAP_TYPE_STRUCT_OPS;
	char *value = malloc(map->room ?: 1);
	int ret = value ? 0 : -ENOMEM;

	for (__u32 i = 0; !ret && i < (structs ? 1 : map->info.max_entries); i++) {
		ret = map_get(map, &i, value);
		if (!ret)
			ret = fn(ctx, &i, value);
		else if (ret == -ENOENT || ret == -EEXIST)	/* empty */
			ret = 0;
	}
	free(value);
	return ret;
}

struct history {
	char *keys, *first;	/* the latest, and the first of the walk */
	size_t n_first;
	size_t key_size, n;	/* kept: the last of them */
	size_t at;		/* where the next one goes */
};

static void *newest(const struct history *h)
{
	return h->n ? h->keys + (h->at + HISTORY - 1) % HISTORY * h->key_size : NULL;
}

static void forget(struct history *h)
{
	h->at = (h->at + HISTORY - 1) % HISTORY;
	h->n--;
}

static bool is_first(const struct history *h, const void *key)
{
	for (size_t i = 0; i < h->n_first; i++)
		if (!memcmp(h->first + i * h->key_size, key, h->key_size))
			return true;
	return false;
}

static void remember(struct history *h, const void *key)
{
	if (h->n_first < HISTORY)
		memcpy(h->first + h->n_first++ * h->key_size, key, h->key_size);
	memcpy(h->keys + h->at * h->key_size, key, h->key_size);
	h->at = (h->at + 1) % HISTORY;
	h->n += h->n < HISTORY;
}

/*
 * 0, or the error: what comes after a key (NULL: the first). While a node of a trie is taken out next to the walk's path
 * the kernel takes a left child for a right one, and passes over all that is on its right: so it is asked until it says
 * the same twice. `again` is room for a key. kernel/bpf/lpm_trie.c, trie_get_next_key().
 */
static int next_key(const struct map *map, const void *from, void *next, void *again)
{
	int ret = bpf_map_get_next_key(map->fd, from, next) ? errno : 0, then;

	for (int i = 0; i < 100 && map->info.type == BPF_MAP_TYPE_LPM_TRIE; i++) {
		then = bpf_map_get_next_key(map->fd, from, again) ? errno : 0;
		if (then == ret && (ret || !memcmp(next, again, map->info.key_size)))
			break;
		ret = then;
		memcpy(next, again, map->info.key_size);
	}
	return ret;
}

/*
 * When the key that the walk stands on is deleted, the kernel starts over from the first
 * one, without a word.  So what comes after a key counts only if that key is still there
 * afterwards, and is none of the walk's first ones (the key may have been deleted and made
 * anew in between); else the walk goes on from the last key before it that is, and begins
 * again only when none of many is.
 */
static int one_by_one(const struct map *map, map_fn fn, void *ctx, __u64 *restarts)
{
	struct history h = { .keys = malloc(HISTORY * (size_t)map->info.key_size),
			     .first = malloc(HISTORY * (size_t)map->info.key_size), .key_size = map->info.key_size };
	char *next = malloc(2 * (size_t)map->info.key_size), *value = malloc(map->room ?: 1);
	__u64 left = 4ULL * map->info.max_entries + RESTARTS, again = 0;
	int ret = h.keys && h.first && next && value ? 0 : -ENOMEM;

	while (!ret) {
		void *from = newest(&h);
		int end = next_key(map, from, next, next + map->info.key_size);

		if (end && end != ENOENT) {
			ret = -end;
			break;
		}
		if (from && (map_get(map, from, value) == -ENOENT || (!end && is_first(&h, next)))) {
			do
				forget(&h);
			while (h.n && map_get(map, newest(&h), value) == -ENOENT);
			if (!h.n) {
				++*restarts;
				h.n_first = 0;
				ret = ++again > RESTARTS ? -EAGAIN : 0;
			}
			continue;
		}
		if (end || !left--)
			break;
		ret = map_get(map, next, value);
		if (!ret)
			ret = fn(ctx, next, value);
		else if (ret == -ENOENT)
			ret = 0;	/* gone meanwhile */
		else if (ret == -EOPNOTSUPP || ret == -524)	/* ENOTSUPP: it is there, but can't be read */
			ret = fn(ctx, next, NULL);
		if (!ret)
			remember(&h, next);
	}
	free(h.keys);
	free(h.first);
	free(next);
	free(value);
	return ret;
}

/*
 * Only types whose batches are whole buckets or a range of slots: then none is missed or seen twice.  A hash table must
 * be read so: the kernel may give a deleted entry's memory to another bucket at once, and a walk key by key follows it.
 */
static bool in_batches(const struct map *map)
{
	switch (map->info.type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return true;
	default:
		return false;
	}
}

static int batches(const struct map *map, map_fn fn, void *ctx, bool drain, bool *began)
{
	__u64 cursor[64];	/* a bucket's number, or an array's index */
	char *keys = NULL, *values = NULL;
	__u32 batch = BATCH, n;
	void *at = NULL;
	int ret = 0, end = 0;

	while (batch > 1 && batch * map->room > BATCH_BYTES)
		batch /= 2;
	while (!ret && !end) {
		if (!keys) {
			keys = malloc((size_t)batch * map->info.key_size);
			values = malloc((size_t)batch * map->room);
			if (!keys || !values) {
				ret = -ENOMEM;
				break;
			}
		}
		n = batch;
		end = (drain ? bpf_map_lookup_and_delete_batch : bpf_map_lookup_batch)(map->fd, at, cursor, keys, values, &n, NULL) ?
			      errno : 0;
		if (end == ENOSPC && batch < 1 << 20) {		/* a bucket longer than the batch */
			batch *= 4;
			free(keys);
			free(values);
			keys = values = NULL;
			end = 0;
			continue;
		}
		if (end && end != ENOENT) {
			ret = -end;
			break;
		}
		*began = true;
		at = cursor;
		for (__u32 i = 0; i < n && !ret; i++)
			ret = fn(ctx, keys + (size_t)i * map->info.key_size, values + i * map->room);
	}
	free(keys);
	free(values);
	return ret;
}

int map_walk(const struct map *map, map_fn fn, void *ctx, __u64 *restarts)
{
	bool began = false;
	int ret = -EOPNOTSUPP;

	if (in_batches(map))
		ret = batches(map, fn, ctx, false, &began);
	if (ret && !began)
		ret = map_can(map) & MAP_INDEX ? by_index(map, fn, ctx) : one_by_one(map, fn, ctx, restarts);
	return ret;
}

/* --- Taking entries out --- */

struct taking {
	const struct map *map;
	map_fn fn;
	void *ctx;
};

static int take(void *ctx, const void *key, void *value)
{
	struct taking *t = ctx;

	/* kernels before 5.14 can't do both at once: what comes in between is lost with it */
	if (bpf_map_lookup_and_delete_elem(t->map->fd, key, value)) {
		if (errno == ENOENT)
			return 0;
		if (map_delete(t->map, key) == -ENOENT)
			return 0;
	}
	return t->fn(t->ctx, key, value);
}

int map_drain(const struct map *map, map_fn fn, void *ctx, __u64 *restarts)
{
	struct taking taking = { map, fn, ctx };
	bool hash = in_batches(map) && !(map_can(map) & MAP_INDEX), began = false;
	int ret = hash ? batches(map, fn, ctx, true, &began) : -EOPNOTSUPP;

	return ret && !began ? map_walk(map, take, &taking, restarts) : ret;
}

int map_set_many(const struct map *map, const void *keys, const void *values, __u32 n, __u64 flags, __u32 *done)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts, .elem_flags = flags);
	int ret = -EOPNOTSUPP;

	*done = n;
	if (in_batches(map))
		ret = bpf_map_update_batch(map->fd, keys, values, done, &opts) ? -errno : 0;
	if (!ret || (*done && *done < n))
		return ret;
	for (*done = 0, ret = 0; *done < n; ++*done) {
		ret = map_set(map, (const char *)keys + (size_t)*done * map->info.key_size,
			      (const char *)values + *done * map->room, flags);
		if (ret)
			break;
	}
	return ret;
}

/* For the tools' own maps. */
int map_each(int fd, int (*fn)(void *, const void *, void *), void *ctx)
{
	struct map map;
	int ret = map_of(&map, fd);

	return ret ?: map_walk(&map, fn, ctx, &map_restarts);
}
