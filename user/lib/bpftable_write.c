// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* bpftable: what changes maps. All that is to be written is checked before the first byte of it is. */
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "lib/bpftable.h"
#include "lib/lib.h"

#define BPF_FS_MAGIC_NUMBER 0xcafe4a11

static int refuse(const char *what, const struct map *map, __u32 can)
{
	if (map_can(map) & can)
		return 0;
	err("%s: %s", what, map_why_not(map, can));
	return -EOPNOTSUPP;
}

/* The kernel's answers, in words of tables. */
static int explain(const struct map *map, const char *what, const char *entry, int ret)
{
	if ((ret == -EOPNOTSUPP || ret == -ENOBUFS) && map->info.type == BPF_MAP_TYPE_XSKMAP) {
		err("%s: %s: that is no AF_XDP socket%s", what, entry, ret == -ENOBUFS ? " with a ring to receive into" : "");
		return ret;
	}
	switch (ret) {
	case -ENOENT: err("%s: no entry %s", what, entry); break;
	case -EEXIST: err("%s: %s is there already", what, entry); break;
	case -E2BIG: err("%s: %s: the map is full, or has no such index", what, entry); break;
	case -ENOSPC: err("%s: %s: the map is full", what, entry); break;
	case -EBUSY: err("%s: %s: busy: a program is changing it, or it is of the kernel's own", what, entry); break;
	case -EPERM: err("%s: %s: not permitted: the map is frozen, read-only, or needs root", what, entry); break;
	case -EINVAL: err("%s: %s: the kernel doesn't take it for this kind of map", what, entry); return -EOPNOTSUPP;
	case -EOPNOTSUPP:
	case -524: err("%s: the kernel doesn't let user space do that with this kind of map", what); return -EOPNOTSUPP;
	case 0: break;
	default: err("%s: %s: %s", what, entry, strerror(-ret));
	}
	return ret;
}

/* --- set --- */

/* An entry that is there is changed where it lies, if there is something in it that must not be lost. */
static int write_entry(const struct typed *t, const void *key, void *value, const __u8 *mask, bool partial)
{
	__u64 flags = bpftable.only_new ? BPF_NOEXIST : bpftable.only_old || partial ? BPF_EXIST : BPF_ANY;
	int ret;

	if ((partial || value_has_kernel(t->value)) && !bpftable.only_new) {
		ret = typed_patch(t, key, value, mask);
		if (!ret || (ret == -ENOENT && flags == BPF_EXIST))
			return ret;
		if (ret == -EOPNOTSUPP && value_has_kernel(t->value) && !bpftable.force) {
			err("set: this kernel would drop what it keeps in the entry, a timer or a pointer: --force to let it");
			return -EOPNOTSUPP;
		}
		if (ret != -ENOENT && ret != -EOPNOTSUPP)
			return ret;
	}
	if (value_lock(t->value) >= 0)
		flags |= BPF_F_LOCK;
	return map_set(&t->map, key, value, flags);
}

int bpftable_set(struct run *run)
{
	char *key = NULL, *value = NULL, *old = NULL;
	__u8 *mask = NULL;
	struct typed t;
	int ret = bpftable_open(run, &t, true, NULL);
	bool read;

	if (ret)
		return ret;
	ret = refuse("set", &t.map, MAP_SET);
	if (!ret && bpftable.has_cpu && (t.map.cpus == 1 || (int)bpftable.cpu >= t.map.cpus)) {
		err(t.map.cpus == 1 ? "--cpu: the map is not per CPU" : "--cpu: possible CPUs are 0 to %d", t.map.cpus - 1);
		ret = -EINVAL;
	}
	if (ret)
		goto out;
	key = calloc(1, t.map.info.key_size + 8);
	value = calloc(1, t.map.room + 8);
	old = calloc(1, t.map.room + 8);
	mask = calloc(1, t.map.info.value_size + 8);
	ret = key && value && old && mask ? 0 : -ENOMEM;
	if (!ret)
		ret = typed_key(&t, run->args[1], key);
	read = bpftable.partial || bpftable.has_cpu;
	if (!ret && read && !(map_can(&t.map) & MAP_FD)) {
		ret = map_get(&t.map, key, old);
		if (ret == -ENOENT && !bpftable.partial)
			ret = 0;	/* the other CPUs have zeroes */
		else if (ret)
			explain(&t.map, "set", run->args[1], ret);
		memcpy(value, old, t.map.room);
	}
	if (!ret)
		ret = typed_value(&t, run->args[2], bpftable.partial, value, mask);
	for (int cpu = 0; !ret && bpftable.has_cpu && cpu < t.map.cpus; cpu++)
		if (cpu != (int)bpftable.cpu)
			memcpy(value + cpu * t.map.stride, old + cpu * t.map.stride, t.map.stride);
	if (!ret)
		ret = explain(&t.map, "set", run->args[1], write_entry(&t, key, value, mask, bpftable.partial));
out:
	free(key);
	free(value);
	free(old);
	free(mask);
	typed_close(&t);
	return ret;
}

/* --- del --- */

int bpftable_del(struct run *run)
{
	struct snapshot s = {};
	struct where *where;
	struct typed t;
	char *keys = NULL;
	int ret = bpftable_open(run, &t, true, &where);
	size_t n = run->n_args - 1;

	if (ret)
		return ret;
	ret = refuse("del", &t.map, MAP_DELETE);
	if (!ret && !n == !where) {
		err(n ? "del: keys, or --where: not both" : "del: which? give keys, or --where");
		ret = -EINVAL;
	}
	if (!ret && where)
		ret = snapshot_take(&s, &t, where);
	for (size_t i = 0; !ret && where && i < s.n; i++) {
		ret = map_delete(&t.map, s.entries + i * s.size);
		ret = ret == -ENOENT ? 0 : explain(&t.map, "del", "it", ret);
	}
	if (!ret && where)
		note("%zu deleted", s.n);
	keys = calloc(n + 1, t.map.info.key_size + 8);
	if (!ret && !keys)
		ret = -ENOMEM;
	for (size_t i = 0; !ret && i < n; i++) {	/* all are read before the first is deleted */
		ret = typed_key(&t, run->args[1 + i], keys + i * t.map.info.key_size);
		if (!ret && typed_key_is_fd(&t))	/* one at a time: the descriptor is gone with the next */
			ret = explain(&t.map, "del", run->args[1 + i], map_delete(&t.map, keys + i * t.map.info.key_size));
	}
	for (size_t i = 0; !ret && i < n && !typed_key_is_fd(&t); i++)
		ret = explain(&t.map, "del", run->args[1 + i], map_delete(&t.map, keys + i * t.map.info.key_size));
	free(keys);
	snapshot_free(&s);
	where_free(where);
	typed_close(&t);
	return ret;
}

/* --- load, and the files that diff reads --- */

struct source {
	struct snapshot *s;
	const char *path;
	unsigned long line;
	char *key, *value, *mask, *key_mask;
	char **names;		/* CSV: of the columns */
	size_t n_names;
	bool cpu_column;
};

static int bad_line(const struct source *from, const char *part, const struct value_error *e)
{
	err("%s, line %lu: %s%s%s, at character %zu", from->path, from->line, part, *part ? ": " : "", e->text, e->at + 1);
	return -EINVAL;
}

static int bad(const struct source *from, const char *why)
{
	err("%s, line %lu: %s", from->path, from->line, why);
	return -EINVAL;
}

/* The end of a JSON value. */
static char *skip_value(char *p)
{
	int depth = 0;

	for (; *p; p++) {
		if (*p == '"') {
			for (p++; *p && *p != '"'; p++)
				p += *p == '\\' && p[1];
			if (!*p)
				return p;
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			if (!depth--)
				return p;
		} else if (*p == ',' && !depth) {
			return p;
		}
	}
	return p;
}

static int read_value(struct source *from, char *text, int cpu)
{
	struct typed *t = from->s->t;
	struct value_error e;
	int ret;

	memset(from->mask, 0, t->map.info.value_size);
	ret = value_parse(t->value, text, false, from->value + cpu * t->map.stride, from->mask, &e);
	return ret == -EINVAL ? bad_line(from, "value", &e) : ret;
}

/* "[v0,v1,...]" of all possible CPUs */
static int read_values(struct source *from, char *text)
{
	struct typed *t = from->s->t;
	int cpu = 0, ret = 0;
	char *p = text + 1, *end;

	if (*text != '[')
		return bad(from, "value: a list of those of all possible CPUs is needed");
	while (!ret && *p && *p != ']') {
		char stop;

		end = skip_value(p);
		stop = *end;
		*end = 0;
		if (cpu == t->map.cpus)
			return bad(from, "value: there are more than this machine has possible CPUs");
		ret = read_value(from, p, cpu++);
		p = end + (stop == ',');
		if (stop != ',')
			break;
	}
	if (!ret && cpu < t->map.cpus)
		ret = bad(from, "value: there are fewer than this machine has possible CPUs");
	return ret;
}

/* {"key":K,"value":V,...}: what else is in it, sums and rates, doesn't matter. */
static int json_line(struct source *from, char *line)
{
	struct typed *t = from->s->t;
	bool has_key = false, has_value = false, lost = false;
	struct value_error e;
	char *p = line + 1;
	int ret = 0;

	while (!ret && *p && *p != '}') {
		char *name = p, *colon, *end;
		char stop;

		p += strspn(p, " \t,");
		name = p;
		end = *p == '"' ? strchr(p + 1, '"') : NULL;
		colon = end ? strchr(end, ':') : NULL;
		if (!colon)
			return bad(from, "not an object as dump --json writes it");
		p = colon + 1 + strspn(colon + 1, " \t");
		end = skip_value(p);
		stop = *end;
		*end = 0;
		if (!strncmp(name, "\"key\"", 5)) {
			has_key = true;
			memset(from->key, 0, t->map.info.key_size);
			memset(from->key_mask, 0, t->map.info.key_size);
			ret = value_parse(t->key, p, false, from->key, from->key_mask, &e);
			if (ret == -EINVAL)
				bad_line(from, "key", &e);
		} else if (!strncmp(name, "\"value\"", 7)) {
			has_value = true;
			memset(from->value, 0, t->map.room);
			ret = t->map.cpus > 1 ? read_values(from, p) : read_value(from, p, 0);
		}
		lost |= !strncmp(name, "\"lost\"", 6);
		p = end + (stop == ',');
		if (stop == '}')
			break;
		if (!stop)
			return bad(from, "it ends too early");
	}
	if (!ret && lost)
		return 0;
	if (!ret && (!has_key || !has_value))
		return bad(from, has_key ? "no value" : "no key");
	return ret ?: snapshot_add(from->s, from->key, from->value);
}

/* The next cell, without its quotes, in place; *line goes on behind it, NULL at the end. */
static char *csv_cell(char **line)
{
	char *p = *line, *start = p, *to = p;
	bool more;

	if (*p != '"') {
		p += strcspn(p, ",");
		to = p;
	} else {
		for (p++; *p && !(*p == '"' && p[1] != '"'); p++) {
			p += *p == '"';
			*to++ = *p;
		}
		p += *p == '"';
	}
	more = *p == ',';
	*to = 0;
	*line = more ? p + 1 : NULL;
	return start;
}

static int csv_names(struct source *from, char *line)
{
	for (char *rest = line; rest;) {
		char *name = csv_cell(&rest), **more = realloc(from->names, (from->n_names + 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		from->names = more;
		from->names[from->n_names] = strdup(name);
		if (!from->names[from->n_names++])
			return -ENOMEM;
		from->cpu_column |= !strcmp(name, "cpu");
		if (strncmp(name, "key", 3) && strncmp(name, "value", 5) && strcmp(name, "cpu"))
			return bad(from, "the first line must have the names that dump -f csv gives the columns");
	}
	return 0;
}

/* Of a per-CPU map a line for each CPU, those of a key one after the other. */
static int csv_line(struct source *from, char *line)
{
	struct typed *t = from->s->t;
	struct value_error e;
	char *rest = line;
	int ret = 0, cpu = 0;
	size_t i;

	memset(from->key, 0, t->map.info.key_size);
	memset(from->key_mask, 0, t->map.info.key_size);
	memset(from->mask, 0, t->map.info.value_size);
	if (!from->cpu_column)
		memset(from->value, 0, t->map.room);
	for (i = 0; !ret && rest && i < from->n_names; i++) {
		const char *name = from->names[i];
		char *cell = csv_cell(&rest);

		if (!strcmp(name, "cpu")) {
			cpu = atoi(cell);
			if (cpu < 0 || cpu >= t->map.cpus)
				return bad(from, "cpu: this machine has no such possible CPU");
			memset(from->value + cpu * t->map.stride, 0, t->map.stride);
			continue;
		}
		if (!*cell)
			continue;	/* said in hex in the first */
		if (*name == 'k')
			ret = value_csv_parse(t->key, name + 3 + (name[3] == '.'), cell, from->key, from->key_mask, &e);
		else
			ret = value_csv_parse(t->value, name + 5 + (name[5] == '.'), cell, from->value + cpu * t->map.stride,
					      from->mask, &e);
		if (ret == -EINVAL)
			bad_line(from, name, &e);
	}
	if (!ret && (rest || i < from->n_names))
		return bad(from, rest ? "more cells than columns" : "fewer cells than columns");
	if (!ret && (value_complete(t->key, from->key_mask, &e) || value_complete(t->value, from->mask, &e)))
		return bad_line(from, "", &e);
	if (!ret && cpu + 1 < t->map.cpus)
		return 0;
	return ret ?: snapshot_add(from->s, from->key, from->value);
}

/* Unsorted, in the order of the file. */
static int read_file(struct snapshot *s, struct typed *t, const char *path)
{
	struct source from = { .s = s, .path = path };
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *line = NULL;
	size_t size = 0;
	int ret = 0;
	ssize_t n;

	if (!f) {
		err("%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	*s = (struct snapshot){ .t = t };
	from.key = calloc(1, t->map.info.key_size + 8);
	from.key_mask = calloc(1, t->map.info.key_size + 8);
	from.value = calloc(1, t->map.room + 8);
	from.mask = calloc(1, t->map.info.value_size + 8);
	if (!from.key || !from.key_mask || !from.value || !from.mask)
		ret = -ENOMEM;
	while (!ret && (n = getline(&line, &size, f)) >= 0) {
		from.line++;
		if (strlen(line) != (size_t)n) {
			ret = bad(&from, "a zero byte");
			break;
		}
		while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = 0;
		if (!n)
			continue;
		if (*line == '{' && !from.names)
			ret = json_line(&from, line);
		else if (!from.names)
			ret = csv_names(&from, line);
		else
			ret = csv_line(&from, line);
	}
	for (size_t i = 0; i < from.n_names; i++)
		free(from.names[i]);
	free(from.names);
	free(line);
	free(from.key);
	free(from.key_mask);
	free(from.value);
	free(from.mask);
	if (f != stdin)
		fclose(f);
	return ret;
}

int snapshot_read(struct snapshot *s, struct typed *t, const char *path)
{
	return read_file(s, t, path) ?: snapshot_sort(s);
}

/* Keys and values apart, as the kernel takes many at once. */
static int write_many(struct typed *t, const struct snapshot *s)
{
	const size_t batch = t->map.room > 65536 ? 16 : 1024;
	char *keys = malloc(batch * t->map.info.key_size), *values = malloc(batch * t->map.room);
	__u64 flags = bpftable.only_new ? BPF_NOEXIST : bpftable.only_old ? BPF_EXIST : BPF_ANY;
	int ret = keys && values ? 0 : -ENOMEM;
	__u32 done;

	if (value_lock(t->value) >= 0)
		flags |= BPF_F_LOCK;
	for (size_t i = 0, n; !ret && i < s->n; i += n) {
		n = s->n - i < batch ? s->n - i : batch;
		for (size_t j = 0; j < n; j++) {
			memcpy(keys + j * t->map.info.key_size, s->entries + (i + j) * s->size, t->map.info.key_size);
			memcpy(values + j * t->map.room, s->entries + (i + j) * s->size + s->value_at, t->map.room);
		}
		ret = map_set_many(&t->map, keys, values, n, flags, &done);
		if (ret) {
			char what[64];

			snprintf(what, sizeof(what), "entry %zu of %zu", i + done + 1, s->n);
			ret = explain(&t->map, "load", what, ret);
		}
	}
	free(keys);
	free(values);
	return ret;
}

int bpftable_load(struct run *run)
{
	struct snapshot s = {};
	struct typed t;
	int ret = bpftable_open(run, &t, true, NULL);

	if (ret)
		return ret;
	ret = refuse("load", &t.map, MAP_SET);
	if (!ret && (map_can(&t.map) & MAP_FD || typed_key_is_fd(&t))) {
		err("load: its keys or values are descriptors: set is for it");
		ret = -EOPNOTSUPP;
	}
	if (!ret)
		ret = read_file(&s, &t, run->args[1]);
	if (!ret && value_has_kernel(t.value))
		for (size_t i = 0; !ret && i < s.n; i++)
			ret = explain(&t.map, "load", "an entry", write_entry(&t, s.entries + i * s.size, s.entries + i * s.size + s.value_at,
								     value_known(t.value), false));
	else if (!ret)
		ret = write_many(&t, &s);
	if (!ret)
		note("%zu loaded", s.n);
	snapshot_free(&s);
	typed_close(&t);
	return ret;
}

/* --- push, pop, peek --- */

static int queue_of(struct run *run, struct typed *t, bool write, const char *what, char **value)
{
	int ret = bpftable_open(run, t, write, NULL);

	if (ret)
		return ret;
	*value = calloc(1, t->map.room + 8);
	ret = *value ? refuse(what, &t->map, MAP_PUSH) : -ENOMEM;
	return ret;
}

/* Records to a BPF program: their size is that of --type, or of the bytes given. */
static int push_records(struct run *run, struct typed *t)
{
	struct user_ring_buffer *ring;
	size_t size = value_size(t->value);
	struct value_type *raw = NULL;
	struct value_error e;
	int ret = 0;

	ring = user_ring_buffer__new(t->map.fd, NULL);
	if (!ring)
		return -errno;
	for (int i = 1; !ret && i < run->n_args; i++) {
		const char *text = run->args[i];
		size_t n = size ?: (strlen(text) - (strncmp(text, "hex:", 4) ? 0 : 4)) / 2;
		char *bytes = calloc(2, n + 1);
		void *record;

		ret = bytes ? value_type_new(&raw, NULL, 0, n, NULL, 0, &e) : -ENOMEM;
		if (!ret)
			ret = value_parse(size ? t->value : raw, text, false, bytes, bytes + n + 1, &e);
		if (ret == -EINVAL)
			typed_complain("value", text, &e);
		record = ret ? NULL : user_ring_buffer__reserve(ring, n);
		if (!ret && !record)
			ret = -ENOSPC;
		if (record) {
			memcpy(record, bytes, n);
			user_ring_buffer__submit(ring, record);
		}
		if (ret == -ENOSPC)
			ret = explain(&t->map, "push", text, ret);
		value_type_free(raw);
		raw = NULL;
		free(bytes);
	}
	user_ring_buffer__free(ring);
	return ret;
}

int bpftable_push(struct run *run)
{
	char *value = NULL, *all = NULL;
	struct typed t;
	int ret = queue_of(run, &t, true, "push", &value), n = run->n_args - 1;

	if (!value)
		return ret;
	if (!ret && t.map.info.type == MAP_TYPE_USER_RINGBUF) {
		ret = push_records(run, &t);
		n = 0;
	}
	all = calloc(n + 1, t.map.room + 8);
	if (!all)
		ret = -ENOMEM;
	for (int i = 0; !ret && i < n; i++)	/* all are read before the first is pushed */
		ret = typed_value(&t, run->args[1 + i], false, all + i * t.map.room, NULL);
	for (int i = 0; !ret && i < n; i++)
		ret = explain(&t.map, "push", run->args[1 + i], map_set(&t.map, NULL, all + i * t.map.room, bpftable.force ? BPF_EXIST : BPF_ANY));
	free(value);
	free(all);
	typed_close(&t);
	return ret;
}

int bpftable_pop(struct run *run)
{
	char *value = NULL;
	struct typed t;
	int ret = queue_of(run, &t, true, "pop", &value);
	__u64 n = run->rows ?: 1, i;

	if (!value)
		return ret;
	if (!ret && (t.map.info.type == BPF_MAP_TYPE_BLOOM_FILTER || t.map.info.type == MAP_TYPE_USER_RINGBUF)) {
		err("pop: %s", map_why_not(&t.map, MAP_GET));
		ret = -EOPNOTSUPP;
	}
	for (i = 0; !ret && i < n; i++) {
		struct entry e = { .t = &t, .value = value };

		ret = bpf_map_lookup_and_delete_elem(t.map.fd, NULL, value) ? -errno : 0;
		if (ret == -ENOENT) {
			if (!i)
				err("pop: it is empty");
			ret = i ? 0 : ret;
			break;
		}
		if (!ret && !i)
			bpftable_header(run, "value");
		if (!ret)
			out_row(run, &e);
	}
	free(value);
	typed_close(&t);
	return ret;
}

/* The next entry; of a bloom filter, whether a value may have been pushed. */
int bpftable_peek(struct run *run)
{
	char *value = NULL;
	struct typed t;
	int ret = queue_of(run, &t, false, "peek", &value);
	bool bloom = !ret && t.map.info.type == BPF_MAP_TYPE_BLOOM_FILTER;
	struct entry e = { .t = &t, .value = value };

	if (!value)
		return ret;
	if (!ret && t.map.info.type == MAP_TYPE_USER_RINGBUF) {
		err("peek: %s", map_why_not(&t.map, MAP_GET));
		ret = -EOPNOTSUPP;
	}
	if (!ret && bloom == (run->n_args == 1)) {
		err(bloom ? "peek: a value is missing: a bloom filter says whether it may hold it" : "peek: a queue takes no value");
		ret = -EINVAL;
	}
	if (!ret && bloom)
		ret = typed_value(&t, run->args[1], false, value, NULL);
	if (!ret) {
		ret = map_get(&t.map, NULL, value);
		if (ret == -ENOENT)
			err(bloom ? "peek: %s was never pushed" : "peek: it is empty", bloom ? run->args[1] : "");
	}
	if (!ret) {
		bpftable_header(run, "value");
		out_row(run, &e);
	}
	free(value);
	typed_close(&t);
	return ret;
}

/* --- create, pin, unpin, freeze --- */

static int pin_error(const char *path, int error)
{
	struct statfs fs;
	char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;

	if (slash)
		*slash = 0;
	if (slash && !statfs(*folder ? folder : "/", &fs) && (__u32)fs.f_type != BPF_FS_MAGIC_NUMBER)
		err("%s: not in a bpf file system: mount -t bpf bpf /sys/fs/bpf", path);
	else
		err("%s: %s", path, strerror(error));
	free(folder);
	return -EEXIST;
}

static const struct {
	const char *name;
	int size, encoding;
} plain_types[] = {
	{ "u8", 1, 0 }, { "u16", 2, 0 }, { "u32", 4, 0 }, { "u64", 8, 0 }, { "u128", 16, 0 },
	{ "s8", 1, BTF_INT_SIGNED }, { "s16", 2, BTF_INT_SIGNED }, { "s32", 4, BTF_INT_SIGNED }, { "s64", 8, BTF_INT_SIGNED },
	{ "bool", 1, BTF_INT_BOOL },
};

/* "8": bytes; "u64", "ip4": a type too */
static int size_or_type(const char *what, const char *text, struct btf *btf, __u32 *size, int *id)
{
	const struct opt bytes = { .value = V_U32, .max = 1 << 30 };
	__u64 v;

	*id = 0;
	for (size_t i = 0; i < sizeof(plain_types) / sizeof(*plain_types); i++)
		if (!strcmp(text, plain_types[i].name)) {
			*size = plain_types[i].size;
			*id = btf__add_int(btf, text, *size, plain_types[i].encoding);
			return *id < 0 ? *id : 0;
		}
	if (!strcmp(text, "ip4")) {
		*size = 4;
		*id = btf__add_typedef(btf, "__be32", btf__add_int(btf, "unsigned int", 4, 0));
		return *id < 0 ? *id : 0;
	}
	if (opt_number(what, text, &bytes, &v))
		return -EINVAL;
	*size = v;
	return 0;
}

/* By libbpf, which knows to make an object's BTF one that the kernel takes; the map has the object's name for it. */
static int create_by_object(const char *file, const char *name, int type, const struct bpf_map_info *as, int inner)
{
	struct bpf_object *obj = bpf_object__open_file(file, NULL);
	struct bpf_map *map = obj ? bpf_object__find_map_by_name(obj, name) : NULL, *m;
	struct bpf_program *p;
	int ret = map ? 0 : -ENOENT;

	if (map) {
		bpf_object__for_each_program(p, obj)
			bpf_program__set_autoload(p, false);
		bpf_object__for_each_map(m, obj)
			bpf_map__set_autocreate(m, m == map);
		bpf_map__set_type(map, type);
		bpf_map__set_key_size(map, as->key_size);
		bpf_map__set_value_size(map, as->value_size);
		bpf_map__set_max_entries(map, as->max_entries);
		bpf_map__set_map_flags(map, as->map_flags);
		if (inner >= 0)
			ret = bpf_map__set_inner_map_fd(map, inner);
		ret = ret ?: bpf_object__load(obj);
	}
	if (!ret)
		ret = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3);
	bpf_object__close(obj);
	return ret;
}

int bpftable_create(struct run *run)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	const struct opt entries = { .value = V_U32 };
	struct btf *btf = NULL;
	struct map inner = { .fd = -1 };
	__u32 key_size, value_size, key_type = 0, value_type = 0, flags = 0;
	const char *path = run->args[4], *slash = strrchr(path, '/'), *name = bpftable.name ?: slash ? slash + 1 : path;
	int type = map_type_find(run->args[0]), fd = -1, ret = 0, key_id = 0, value_id = 0;
	char kept[BPF_OBJ_NAME_LEN] = "";
	__u64 max;

	if (type < 0) {
		err("create: '%s' is no type of map: hash, array, lru_hash, percpu_array, lpm_trie, ...", run->args[0]);
		return -EINVAL;
	}
	btf = btf__new_empty();
	ret = btf ? size_or_type("key", run->args[1], btf, &key_size, &key_id) : -ENOMEM;
	if (!ret)
		ret = size_or_type("value", run->args[2], btf, &value_size, &value_id);
	if (!ret)
		ret = opt_number("entries", run->args[3], &entries, &max);
	if (!ret && bpftable.flags)
		ret = bpftable_flags(bpftable.flags, &flags);
	if (!ret && bpftable.lend) {
		btf__free(btf);
		ret = typed_lend(bpftable.lend, &btf, &key_type, &value_type);
	} else if (!ret) {
		key_type = key_id;
		value_type = value_id;
	}
	if (!ret && bpftable.inner) {
		ret = map_open(&inner, bpftable.inner, false);
		opts.inner_map_fd = inner.fd;
	}
	if (!ret && key_type && value_type && !btf__load_into_kernel(btf)) {
		opts.btf_fd = btf__fd(btf);
		opts.btf_key_type_id = key_type;
		opts.btf_value_type_id = value_type;
	}
	/* the kernel takes letters, digits, _ and . */
	for (size_t i = 0; name[i] && i < sizeof(kept) - 1; i++)
		kept[i] = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.", name[i]) ? name[i] : '_';
	opts.map_flags = flags;
	if (!ret && key_type && bpftable.lend && strrchr(bpftable.lend, ':') > bpftable.lend) {
		struct bpf_map_info as = { .key_size = key_size, .value_size = value_size, .max_entries = max, .map_flags = flags };
		char *file = strdup(bpftable.lend), *colon = file ? strrchr(file, ':') : NULL;

		if (colon) {
			*colon = 0;
			fd = create_by_object(file, colon + 1, type, &as, inner.fd);
		}
		free(file);
	}
	if (!ret && fd < 0) {
		fd = bpf_map_create(type, kept, key_size, value_size, max, &opts);
		if (fd < 0 && opts.btf_fd && errno != EPERM) {	/* of this type without BTF, then */
			opts.btf_fd = opts.btf_key_type_id = opts.btf_value_type_id = 0;
			fd = bpf_map_create(type, kept, key_size, value_size, max, &opts);
		}
		if (fd < 0 && errno != EPERM)
			err("create: the kernel refuses a %s with these sizes and flags: %s", run->args[0], strerror(errno));
		ret = fd < 0 ? -errno : 0;
		if (ret == -EINVAL)
			ret = -EOPNOTSUPP;
	}
	if (!ret && bpf_obj_pin(fd, path))
		ret = pin_error(path, errno);
	if (fd >= 0)
		close(fd);
	map_close(&inner);
	btf__free(btf);
	return ret;
}

int bpftable_pin(struct run *run)
{
	struct map map;
	int ret = map_open(&map, run->args[0], true);

	if (ret)
		return ret;
	if (bpf_obj_pin(map.fd, run->args[1]))
		ret = pin_error(run->args[1], errno);
	map_close(&map);
	return ret;
}

/* Only what is a pin of a map: this is no rm. */
int bpftable_unpin(struct run *run)
{
	struct statfs fs;
	struct map map;
	int ret = 0;

	for (int i = 0; !ret && i < run->n_args; i++) {
		if (statfs(run->args[i], &fs)) {
			err("%s: %s", run->args[i], strerror(errno));
			ret = -ENOENT;
		} else if ((__u32)fs.f_type != BPF_FS_MAGIC_NUMBER) {
			err("%s: no pin: it is not in a bpf file system", run->args[i]);
			ret = -EINVAL;
		} else if (!strchr(run->args[i], '/')) {
			err("'%s' is no path of a pin", run->args[i]);
			ret = -EINVAL;
		} else {
			ret = map_open(&map, run->args[i], false);
			if (!ret)
				map_close(&map);
		}
	}
	for (int i = 0; !ret && i < run->n_args; i++)
		if (unlink(run->args[i])) {
			err("%s: %s", run->args[i], strerror(errno));
			ret = -EEXIST;
		}
	return ret;
}

int bpftable_freeze(struct run *run)
{
	struct map map;
	int ret = map_open(&map, run->args[0], true);

	if (ret)
		return ret;
	if (bpf_map_freeze(map.fd)) {
		ret = -errno;
		if (ret != -EPERM)
			err("freeze: %s", ret == -EBUSY ? "it is mapped, or being written to" : strerror(-ret));
		ret = ret == -EPERM ? ret : -EEXIST;
	}
	map_close(&map);
	return ret;
}
