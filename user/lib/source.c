// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What an object has to show, found by its BTF. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/lib.h"
#include "lib/source.h"

/* Which struct the records of a buffer are: see --help. */
static __u32 record_type(const struct btf *btf, struct bpf_object *object, const char *map, const char *given)
{
	char names[4][128] = {};
	size_t len = strlen(map);
	__u32 last = 0;
	int id, n = 0;

	if (!btf)
		return 0;
	if (given)
		given += strspn(given, " ");
	if (given && !strncmp(given, "struct ", 7))
		given += 7;
	if (given) {
		id = btf__find_by_name_kind(btf, given, BTF_KIND_STRUCT);
		return id > 0 ? id : 0;
	}
	snprintf(names[0], sizeof(names[0]), "%.*s", (int)(len - (len && map[len - 1] == 's')), map);
	snprintf(names[1], sizeof(names[1]), "%s_event", bpf_object__name(object));
	strcpy(names[2], "event");
	strcpy(names[3], "data_t");
	for (int i = 0; i < 4; i++) {
		id = btf__find_by_name_kind(btf, names[i], BTF_KIND_STRUCT);
		if (id > 0)
			return id;
	}
	for (__u32 i = 1; i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		const char *name = btf__name_by_offset(btf, t->name_off);

		if (btf_is_struct(t) && strlen(name) > 6 && !strcmp(name + strlen(name) - 6, "_event")) {
			last = i;
			n++;
		}
	}
	return n == 1 ? last : 0;
}

static struct source *source_new(struct sources *all, const char *name, struct bpf_map *map)
{
	struct source *more = realloc(all->at, (all->n + 1) * sizeof(*more));

	if (!more)
		return NULL;
	all->at = more;
	all->at[all->n] = (struct source){ .name = name, .map = map, .ctx = all->ctx };
	return &all->at[all->n++];
}

static int type_new(struct sources *all, struct value_type **type, const struct btf *btf, __u32 id, size_t size)
{
	struct value_error e = {};
	int ret = value_type_new(type, btf, id, size, all->hints, all->n_hints, &e);

	if (!ret || !id)
		return ret;
	note("%s: shown as bytes", e.text);
	return value_type_new(type, btf, 0, size, NULL, 0, &e);
}

static int add_buffer(struct sources *all, struct bpf_object *object, struct bpf_map *map)
{
	const char *name = bpf_map__name(map), *given = NULL;
	const struct btf *btf = bpf_object__btf(object);
	struct source *source = source_new(all, name, map);
	__u32 type;

	for (int i = 0; i < all->n_events; i++)
		if (!strncmp(all->events[i], name, strlen(name)) && all->events[i][strlen(name)] == '=')
			given = all->events[i] + strlen(name) + 1;
	if (!source)
		return -ENOMEM;
	type = record_type(btf, object, name, given);
	if (given && !type) {
		err("--event: the object's BTF has no struct '%s'", given);
		return -EINVAL;
	}
	if (type_new(all, &source->value, btf, type, type ? 0 : 8))
		return -ENOMEM;
	source->record = malloc(value_size(source->value));
	return source->record ? 0 : -ENOMEM;
}

static int add_table(struct sources *all, struct bpf_object *object, struct bpf_map *map)
{
	struct source *source = source_new(all, bpf_map__name(map), map);
	const struct btf *btf = bpf_object__btf(object);

	if (!source)
		return -ENOMEM;
	return type_new(all, &source->key, btf, bpf_map__btf_key_type_id(map), bpf_map__key_size(map)) ?:
	       type_new(all, &source->value, btf, bpf_map__btf_value_type_id(map), bpf_map__value_size(map));
}

static int add_variables(struct sources *all, struct bpf_object *object, struct bpf_map *map)
{
	const char *dot = strchr(bpf_map__name(map), '.');
	const struct btf *btf = bpf_object__btf(object);
	int id = dot ? btf__find_by_name_kind(btf, dot, BTF_KIND_DATASEC) : -ENOENT, ret = 0;
	const struct btf_type *section = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const struct btf_var_secinfo *v = section ? btf_var_secinfos(section) : NULL;

	for (int i = 0; section && !ret && i < btf_vlen(section); i++) {
		const struct btf_type *var = btf__type_by_id(btf, v[i].type);
		struct source *source;

		source = source_new(all, btf__name_by_offset(btf, var->name_off), map);
		if (!source)
			return -ENOMEM;
		source->offset = v[i].offset;
		ret = type_new(all, &source->value, btf, var->type, v[i].size);
	}
	return ret;
}

int sources_find(struct sources *all, struct bpf_object *object)
{
	struct bpf_map *map;
	int ret = 0;

	bpf_object__for_each_map(map, object) {
		if (ret)
			break;
		switch (bpf_map__type(map)) {
		case BPF_MAP_TYPE_RINGBUF:
		case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
			ret = add_buffer(all, object, map);
			break;
		case BPF_MAP_TYPE_ARRAY:
			if (bpf_map__is_internal(map)) {
				if (all->maps && bpf_object__btf(object) && !strstr(bpf_map__name(map), ".rodata") &&
				    !strstr(bpf_map__name(map), ".kconfig"))
					ret = add_variables(all, object, map);
				break;
			}
			/* fallthrough */
		case BPF_MAP_TYPE_HASH:
		case BPF_MAP_TYPE_LRU_HASH:
		case BPF_MAP_TYPE_LPM_TRIE:
		case BPF_MAP_TYPE_PERCPU_HASH:
		case BPF_MAP_TYPE_PERCPU_ARRAY:
		case BPF_MAP_TYPE_LRU_PERCPU_HASH:
			if (all->maps)
				ret = add_table(all, object, map);
			break;
		default:
			break;
		}
	}
	for (int i = 0; i < all->n_events && !ret; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(all->events[i], "="), all->events[i]);
		if (!bpf_object__find_map_by_name(object, name)) {
			err("--event: the object has no map '%s'", name);
			ret = -EINVAL;
		}
	}
	return ret;
}

int sources_open(struct sources *all, ring_buffer_sample_fn on_record, perf_buffer_sample_fn on_perf, perf_buffer_lost_fn on_lost)
{
	for (int i = 0; i < all->n; i++) {
		struct source *s = &all->at[i];

		if (bpf_map__type(s->map) == BPF_MAP_TYPE_RINGBUF)
			s->ring = ring_buffer__new(bpf_map__fd(s->map), on_record, s, NULL);
		else if (bpf_map__type(s->map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			s->perf = perf_buffer__new(bpf_map__fd(s->map), 64, on_perf, on_lost, s, NULL);
		else
			continue;
		if (!s->ring && !s->perf)
			return -errno;
	}
	return 0;
}

void sources_close(struct sources *all)
{
	for (int i = 0; i < all->n; i++) {
		ring_buffer__free(all->at[i].ring);
		perf_buffer__free(all->at[i].perf);
		value_type_free(all->at[i].key);
		value_type_free(all->at[i].value);
		free(all->at[i].record);
	}
	free(all->at);
	all->at = NULL;
	all->n = 0;
}

void sources_read(const struct sources *all)
{
	for (int i = 0; i < all->n; i++) {
		if (all->at[i].ring)
			ring_buffer__consume(all->at[i].ring);
		if (all->at[i].perf)
			perf_buffer__consume(all->at[i].perf);
	}
}
