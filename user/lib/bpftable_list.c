// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* bpftable: what there is: ls, show, and check, which compares a pin with an object. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/bpftable.h"
#include "lib/lib.h"
#include "lib/owner.h"

struct holder {
	__u32 map, id;		/* id: of a program */
	int pid;
	char comm[16], *path;
};

static struct {
	struct holder *list;
	size_t n;
} holders;

struct map_row {
	__u32 id, key_size, value_size, max, flags;
	char name[BPF_OBJ_NAME_LEN], type[32];
	__u64 memory, entries;
	bool counted, frozen;
	struct typed *typed;
};

static int keep(struct holder h, const char *path)
{
	if (!(holders.n & (holders.n - 1))) {
		void *more = realloc(holders.list, (holders.n ? 2 * holders.n : 1) * sizeof(h));

		if (!more)
			return -ENOMEM;
		holders.list = more;
	}
	h.path = path ? strdup(path) : NULL;
	holders.list[holders.n++] = h;
	return 0;
}

/* A process is named once for each map, however many descriptors it has. */
static int on_owner(void *ctx, const struct owner *owner)
{
	struct holder h = { .map = owner->id, .pid = owner->pid };

	if (owner->object != OBJECT_MAP || owner->pid == getpid())
		return 0;
	for (size_t i = 0; owner->pid && i < holders.n; i++)
		if (holders.list[i].map == h.map && holders.list[i].pid == h.pid)
			return 0;
	snprintf(h.comm, sizeof(h.comm), "%s", owner->comm);
	return keep(h, owner->path);
}

static int each_program(void)
{
	int ret = 0;

	for (__u32 id = 0; !ret && !bpf_prog_get_next_id(id, &id);) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info), maps[256];
		int fd = object_open(OBJECT_PROG, id);

		info.map_ids = (unsigned long)maps;
		info.nr_map_ids = sizeof(maps) / sizeof(*maps);
		if (fd < 0)
			continue;	/* gone by now */
		if (!bpf_obj_get_info_by_fd(fd, &info, &size))
			for (__u32 i = 0; !ret && i < info.nr_map_ids && i < sizeof(maps) / sizeof(*maps); i++) {
				struct holder h = { .map = maps[i], .id = id };

				snprintf(h.comm, sizeof(h.comm), "%s", info.name);
				ret = keep(h, NULL);
			}
		close(fd);
	}
	return ret;
}

static int find_holders(void)
{
	return owner_each_process(on_owner, NULL) ?: owner_each_pin(on_owner, NULL) ?: each_program();
}

static void fill(struct map_row *row, const struct map *map)
{
	const struct bpf_map_info *info = &map->info;

	*row = (struct map_row){ .id = info->id, .key_size = info->key_size, .value_size = info->value_size,
				 .max = info->max_entries, .flags = info->map_flags, .memory = object_memory(map->fd),
				 .frozen = map->frozen };
	snprintf(row->name, sizeof(row->name), "%s", info->name);
	snprintf(row->type, sizeof(row->type), "%s", map_type_name(info->type));
}

/* --- Columns --- */

static const struct {
	__u32 bit;
	const char *name;
} flags[] = {
	{ BPF_F_NO_PREALLOC, "no_prealloc" }, { BPF_F_NO_COMMON_LRU, "no_common_lru" }, { BPF_F_NUMA_NODE, "numa_node" },
	{ BPF_F_RDONLY, "rdonly" }, { BPF_F_WRONLY, "wronly" }, { BPF_F_STACK_BUILD_ID, "stack_build_id" },
	{ BPF_F_ZERO_SEED, "zero_seed" }, { BPF_F_RDONLY_PROG, "rdonly_prog" }, { BPF_F_WRONLY_PROG, "wronly_prog" },
	{ BPF_F_CLONE, "clone" }, { BPF_F_MMAPABLE, "mmapable" }, { BPF_F_PRESERVE_ELEMS, "preserve_elems" },
	{ BPF_F_INNER_MAP, "inner_map" },
};

static void write_flags(struct value_buf *to, __u32 bits)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (bits & flags[i].bit) {
			value_printf(to, "%s%s", to->len ? "," : "", flags[i].name);
			bits &= ~flags[i].bit;
		}
	if (bits)
		value_printf(to, "%s0x%x", to->len ? "," : "", bits);
}

/* "no_prealloc,mmapable" or a number */
int bpftable_flags(const char *text, __u32 *bits)
{
	char *copy = strdup(text), *rest = copy, *word, *end;
	size_t i;

	*bits = 0;
	while (copy && (word = strsep(&rest, ","))) {
		for (i = 0; i < sizeof(flags) / sizeof(*flags) && strcmp(word, flags[i].name); i++)
			;
		if (i < sizeof(flags) / sizeof(*flags)) {
			*bits |= flags[i].bit;
			continue;
		}
		*bits |= strtoul(word, &end, 0);
		if (!*word || *end) {
			err("--flags: no flag '%s'", word);
			free(copy);
			return -EINVAL;
		}
	}
	free(copy);
	return 0;
}

static void put(struct out *out, struct value_buf *b, bool quoted)
{
	if (!b->len)
		out_nothing(out);
	else if (quoted)
		out_bytes(out, b->text, b->len);
	else
		out_str(out, b->text);
	b->len = 0;
}

static void show_flags(struct out *out, const struct column *c, const void *row)
{
	static struct value_buf b;

	write_flags(&b, ((const struct map_row *)row)->flags);
	put(out, &b, true);
}

/* Lists: "123/comm, ..." in text, arrays of objects in JSON. */
static void show_holders(struct out *out, const struct column *c, const void *row)
{
	const struct map_row *m = row;
	static struct value_buf b;
	bool json = out_is_json(out), any = false;

	value_puts(&b, json ? "[" : "");
	for (size_t i = 0; i < holders.n; i++) {
		const struct holder *h = &holders.list[i];

		if (h->map != m->id || (*c->key == 'o' ? !h->pid : c->key[1] == 'i' ? !h->path || h->pid : !h->id))
			continue;
		value_puts(&b, any ? json ? "," : ", " : "");
		any = true;
		if (*c->key == 'o' || c->key[1] == 'r') {
			if (json) {
				value_printf(&b, "{\"%s\":%u,\"%s\":", h->pid ? "pid" : "id", h->pid ? (__u32)h->pid : h->id, h->pid ? "comm" : "name");
				value_quote(&b, h->comm, strlen(h->comm), VALUE_JSON);
				value_puts(&b, "}");
			} else {
				value_printf(&b, "%u/", h->pid ? (__u32)h->pid : h->id);
				for (const char *s = h->comm; *s; s++)
					value_printf(&b, (unsigned char)*s < 0x20 || *s == 0x7f ? "\\x%02x" : "%c", *s);
			}
		} else {
			value_quote(&b, h->path, strlen(h->path), json ? VALUE_JSON : VALUE_TEXT);
		}
	}
	value_puts(&b, json ? "]" : "");
	put(out, &b, false);
}

static void show_entries(struct out *out, const struct column *c, const void *row)
{
	const struct map_row *m = row;

	if (m->counted)
		out_u64(out, m->entries);
	else
		out_nothing(out);
}

static void show_memory(struct out *out, const struct column *c, const void *row)
{
	if (((const struct map_row *)row)->memory)
		out_u64(out, ((const struct map_row *)row)->memory);
	else
		out_nothing(out);
}

/* Field by field, as show tells it in text; JSON has it as a list of lines. */
static void show_layout(struct out *out, const struct column *c, const void *row)
{
	const struct typed *t = ((const struct map_row *)row)->typed;
	struct value_buf b = {}, json = {};
	const char *line, *end;

	if (!t) {
		out_nothing(out);
		return;
	}
	value_layout(&b, *c->key == 'k' ? t->key : t->value);
	value_puts(&json, out_is_json(out) ? "[" : "");
	for (line = b.text; line && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (out_is_json(out)) {
			value_puts(&json, line == b.text ? "" : ",");
			value_quote(&json, line, end - line, VALUE_JSON);
		} else {
			value_puts(&json, line == b.text ? "" : "; ");
			value_put(&json, line, end - line);
		}
	}
	value_puts(&json, out_is_json(out) ? "]" : "");
	out_str(out, json.text ?: "");
	free(b.text);
	free(json.text);
}

const struct column bpftable_list_columns[] = {
	COL("id", struct map_row, id, 6, "the kernel's id of the map"),
	COL("type", struct map_row, type, -16, "what kind of map it is"),
	COL("name", struct map_row, name, -15, "its name, of which the kernel keeps 15 characters", BLANK),
	COL("key", struct map_row, key_size, 4, "bytes of a key"),
	COL("value", struct map_row, value_size, 6, "bytes of a value"),
	COL("max", struct map_row, max, 8, "entries that there is room for"),
	COL_OWN("memory", show_memory, 10, "bytes that it takes, as far as the kernel tells", .bare_json = true),
	COL_OWN("flags", show_flags, -12, "flags that it was made with", HIDDEN),
	COL_OWN("programs", show_holders, -20, "programs that use it", .bare_json = true, HIDDEN),
	COL_OWN("pins", show_holders, -24, "where it is pinned", .bare_json = true, HIDDEN),
	COL_OWN("owners", show_holders, 0, "processes that hold it", .bare_json = true),
	{}
};

const struct column bpftable_show_columns[] = {
	COL("id", struct map_row, id, 6, "the kernel's id of the map"),
	COL("type", struct map_row, type, -16, "what kind of map it is"),
	COL("name", struct map_row, name, -15, "its name, of which the kernel keeps 15 characters", BLANK),
	COL("key", struct map_row, key_size, 4, "bytes of a key"),
	COL("value", struct map_row, value_size, 6,
	    "bytes of a value; where the definition has a pointer to a struct, those of the struct"),
	COL("max", struct map_row, max, 8, "entries that there is room for"),
	COL_OWN("entries", show_entries, 8, "entries that there are", .bare_json = true),
	COL_OWN("memory", show_memory, 10, "bytes that it takes, as far as the kernel tells", .bare_json = true),
	COL_OWN("flags", show_flags, -12, "flags that it was made with"),
	COL_AS(L_BOOL, "frozen", struct map_row, frozen, -6, "user space can't change it any more"),
	COL_OWN("owners", show_holders, -20, "processes that hold it", .bare_json = true),
	COL_OWN("pins", show_holders, -20, "where it is pinned", .bare_json = true),
	COL_OWN("programs", show_holders, -20, "programs that use it", .bare_json = true),
	COL_OWN("key_layout", show_layout, -20, "offset, size, type and name of each field of the key", .bare_json = true),
	COL_OWN("value_layout", show_layout, 0, "... of the value", .bare_json = true),
	{}
};

int bpftable_ls(struct run *run)
{
	struct map_row row;
	int ret, holders_ret;

	holders_ret = find_holders();
	out_header(run);
	for (__u32 id = 0; !(ret = map_next_id(&id));) {
		struct map map;
		int fd = object_open(OBJECT_MAP, id);

		if (fd < 0)
			continue;
		if (!map_of(&map, fd)) {
			fill(&row, &map);
			out_row(run, &row);
		}
		close(fd);
	}
	if (owner_hidden)
		note("%u processes can't be looked into: run it as root", owner_hidden);
	return ret == -ENOENT ? holders_ret : ret;
}

static int count_one(void *ctx, const void *key, void *value)
{
	++*(__u64 *)ctx;
	return 0;
}

/* A field a line, then the layouts. */
static void show_text(struct run *run, const struct map_row *row)
{
	struct out *out = out_open(run);

	for (const struct column *c = bpftable_show_columns; c->key; c++) {
		if (strstr(c->key, "_layout"))
			continue;
		out_printf(out, "%-10s ", c->key);
		out_cell(out, c, row);
		out_str(out, "\n");
	}
	for (int key = 1; key >= 0; key--) {
		const struct value_type *type = key ? row->typed->key : row->typed->value;
		struct value_buf b = {};

		if (!value_size(type))
			continue;
		value_layout(&b, type);
		out_printf(out, "\n%s:\n", key ? "key" : "value");
		out_str(out, b.text ?: "");
		free(b.text);
	}
}

int bpftable_show(struct run *run)
{
	struct map_row row;
	struct typed t;
	__u64 restarts = 0;
	int ret = bpftable_open(run, &t, false, NULL);

	if (ret)
		return ret;
	find_holders();
	fill(&row, &t.map);
	row.typed = &t;
	if ((map_can(&t.map) & MAP_WALK && !(map_can(&t.map) & MAP_INDEX)) || typed_key_is_fd(&t))
		row.counted = !typed_walk(&t, count_one, &row.entries, &restarts);
	if (run->format == OUT_TEXT && !run->columns) {
		show_text(run, &row);
	} else {
		out_header(run);
		out_row(run, &row);
	}
	typed_close(&t);
	return 0;
}

/* --- check --- */

struct check_row {
	char what[32];
	char *pinned, *object;
};

static void show_side(struct out *out, const struct column *c, const void *row)
{
	const struct check_row *r = row;
	const char *text = *c->key == 'p' ? r->pinned : r->object;

	out_bytes(out, text, strlen(text));
}

const struct column bpftable_check_columns[] = {
	COL("what", struct check_row, what, -12, "what differs"),
	COL_OWN("pinned", show_side, -32, "as it is in the map"),
	COL_OWN("object", show_side, 0, "as the object has it"),
	{}
};

static bool differs(struct run *run, const char *what, const char *pinned, const char *object)
{
	struct check_row row = { .pinned = (char *)pinned, .object = (char *)object };

	if (!strcmp(pinned, object))
		return false;
	snprintf(row.what, sizeof(row.what), "%s", what);
	if (!run->status) {
		out_header(run);
		run->status = EXIT_FAILED;
	}
	out_row(run, &row);
	return true;
}

static void number(char *to, size_t size, __u32 v)
{
	snprintf(to, size, "%u", v);
}

/* Both layouts whole, one above the other, where text is wanted; a row has them in one line each. */
static void layouts(struct run *run, const char *what, const struct value_type *a, const struct value_type *b)
{
	struct value_buf one = {}, two = {};

	value_layout(&one, a);
	value_layout(&two, b);
	if (run->format == OUT_TEXT && strcmp(one.text ?: "", two.text ?: "")) {
		out_printf(out_open(run), "\n%s in the map:\n", what);
		out_str(out_open(run), one.text ?: "");
		out_printf(out_open(run), "%s in the object:\n", what);
		out_str(out_open(run), two.text ?: "");
		run->status = EXIT_FAILED;
	} else {
		differs(run, what, one.text ?: "", two.text ?: "");
	}
	free(one.text);
	free(two.text);
}

/* FILE:MAP; one of the name that the pin has, where only FILE is given. */
static struct bpf_map *object_map(const char *what, const char *pinned, struct bpf_object **obj)
{
	const char *colon = strrchr(what, ':'), *name = colon ? colon + 1 : pinned;
	char *file = colon ? strndup(what, colon - what) : strdup(what);
	struct bpf_map *map = NULL, *m;

	*obj = file ? bpf_object__open_file(file, NULL) : NULL;
	if (!*obj) {
		err("%s: no BPF object: %s", file ?: what, strerror(errno));
	} else {
		bpf_object__for_each_map(m, *obj)
			if (!strncmp(bpf_map__name(m), name, colon ? 64 : BPF_OBJ_NAME_LEN - 1))
				map = m;
		if (!map)
			err("%s: no map '%s' in it", file, name);
	}
	free(file);
	return map;
}

int bpftable_check(struct run *run)
{
	struct bpf_object *obj = NULL;
	struct value_error e;
	struct typed t;
	struct bpf_map *map;
	int ret = bpftable_open(run, &t, false, NULL);
	struct value_type *key = NULL, *value = NULL;
	char a[32], b[32];

	if (ret)
		return ret;
	map = object_map(run->args[1], t.map.info.name, &obj);
	if (!map) {
		ret = -EINVAL;
		goto out;
	}
	differs(run, "type", map_type_name(t.map.info.type), strdup(map_type_name(bpf_map__type(map))));
	number(a, sizeof(a), t.map.info.key_size);
	number(b, sizeof(b), bpf_map__key_size(map));
	differs(run, "key size", a, b);
	number(a, sizeof(a), t.map.info.value_size);
	number(b, sizeof(b), bpf_map__value_size(map));
	differs(run, "value size", a, b);
	number(a, sizeof(a), t.map.info.max_entries);
	number(b, sizeof(b), bpf_map__max_entries(map));
	differs(run, "max entries", a, b);
	snprintf(a, sizeof(a), "0x%x", t.map.info.map_flags);
	snprintf(b, sizeof(b), "0x%x", bpf_map__map_flags(map));
	differs(run, "flags", a, b);
	if (bpf_map__btf_key_type_id(map) && !value_type_new(&key, bpf_object__btf(obj), bpf_map__btf_key_type_id(map), 0, NULL, 0, &e)) {
		layouts(run, "key", t.key, key);
		value_type_free(key);
	}
	if (bpf_map__btf_value_type_id(map) && !value_type_new(&value, bpf_object__btf(obj), bpf_map__btf_value_type_id(map), 0, NULL, 0, &e)) {
		layouts(run, "value", t.value, value);
		value_type_free(value);
	}
out:
	bpf_object__close(obj);
	typed_close(&t);
	return ret;
}
