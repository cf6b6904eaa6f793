// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* bpftable: what only reads entries: get, dump, count, diff, hist. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/bpftable.h"
#include "lib/hist.h"
#include "lib/lib.h"

struct bpftable bpftable;

/* --- Cells --- */

static struct value_buf cell;

static enum value_format format(const struct out *out)
{
	return out_is_json(out) ? VALUE_JSON : VALUE_TEXT;
}

static void put_cell(struct out *out)
{
	if (cell.failed)
		out_nothing(out);
	else
		out_str(out, cell.text ?: "");
	cell.len = 0;
	if (cell.text)
		*cell.text = 0;
}

static void show_key(struct out *out, const struct column *c, const void *row)
{
	const struct entry *e = row;

	if (!e->key) {
		out_nothing(out);
		return;
	}
	typed_write_key(&cell, e->t, e->key, format(out));
	put_cell(out);
}

static void write_values(const struct typed *t, const void *value, enum value_format f)
{
	value_puts(&cell, "[");
	for (int cpu = 0; cpu < t->map.cpus; cpu++) {
		value_puts(&cell, cpu ? f == VALUE_JSON ? "," : ", " : "");
		typed_write_value(&cell, t, (const char *)value + cpu * t->map.stride, f);
	}
	value_puts(&cell, "]");
}

static void show_value_of(struct out *out, const struct typed *t, const void *value)
{
	if (!value) {
		out_nothing(out);
		return;
	}
	if (t->map.cpus > 1)
		write_values(t, value, format(out));
	else
		typed_write_value(&cell, t, value, format(out));
	put_cell(out);
}

static void show_value(struct out *out, const struct column *c, const void *row)
{
	const struct entry *e = row;

	show_value_of(out, e->inner ?: e->t, e->value);
}

static void show_old(struct out *out, const struct column *c, const void *row)
{
	const struct entry *e = row;

	show_value_of(out, e->t, e->old);
}

static void show_over(struct out *out, const struct column *c, const void *row)
{
	const struct entry *e = row;
	const struct typed *t = e->inner ?: e->t;

	if (!e->value) {
		out_nothing(out);
		return;
	}
	value_write_over(&cell, t->value, e->value, t->map.stride, t->map.cpus,
			 *c->key == 's' ? OVER_SUM : c->key[1] == 'i' ? OVER_MIN : OVER_MAX, format(out));
	put_cell(out);
}

static void show_inner(struct out *out, const struct column *c, const void *row)
{
	const struct entry *e = row;

	if (!e->inner) {
		out_nothing(out);
	} else if (*c->key == 'm') {
		out_u64(out, e->inner->map.info.id);
	} else if (!e->inner_key) {
		out_nothing(out);
	} else {
		typed_write_key(&cell, e->inner, e->inner_key, format(out));
		put_cell(out);
	}
}

static void show_change(struct out *out, const struct column *c, const void *row)
{
	const struct entry *e = row;

	if (e->change)
		out_str(out, e->change);
	else
		out_nothing(out);
}

static double over_cpus(const struct typed *t, const struct value_field *f, const void *value)
{
	double sum = 0;

	for (int cpu = 0; value && cpu < t->map.cpus; cpu++)
		sum += value_number(f, (const char *)value + cpu * t->map.stride);
	return sum;
}

static void write_rate(double rate)
{
	value_printf(&cell, "%.*f", rate == (__s64)rate ? 0 : 1, rate);
}

/* What each number of the value has changed by in a second; text leaves out those that haven't. */
static void show_rate(struct out *out, const struct column *c, const void *row)
{
	const struct entry *e = row;
	bool json = out_is_json(out), any = false;
	struct value_field f;
	char path[256];

	if (!e->value || !e->old || !(e->seconds > 0)) {
		out_nothing(out);
		return;
	}
	value_puts(&cell, "{");
	for (unsigned int i = 0; !value_numeric(e->t->value, i, &f, path, sizeof(path)); i++) {
		double rate = (over_cpus(e->t, &f, e->value) - over_cpus(e->t, &f, e->old)) / e->seconds;

		if (!rate && !json)
			continue;
		if (any)
			value_puts(&cell, json ? "," : ", ");
		any = true;
		if (json)
			value_quote(&cell, *path ? path : "value", strlen(*path ? path : "value"), VALUE_JSON);
		else
			value_puts(&cell, path);
		value_puts(&cell, json ? ":" : *path ? ": " : "");
		write_rate(rate);
		value_puts(&cell, json ? "" : "/s");
	}
	value_puts(&cell, "}");
	put_cell(out);
}

static void show_by(struct out *out, const struct column *c, const void *row)
{
	const struct entry *e = row;

	write_rate(e->by);
	put_cell(out);
}

#define KEY COL_OWN("key", show_key, -28, "the key", .bare_json = true)
#define VALUE COL_OWN("value", show_value, 0, "the value; of a per-CPU map, a list of those of all possible CPUs", .bare_json = true)

const struct column bpftable_entry_columns[] = {
	KEY,
	COL_OWN("map", show_inner, 6, "of a map of maps: the id of the map that the key leads to", .bare_json = true),
	COL_OWN("inner", show_inner, -28, "... and a key in that map", .bare_json = true),
	COL_OWN("sum", show_over, -20, "of a per-CPU map: each number's sum over the CPUs", .bare_json = true),
	COL_OWN("min", show_over, -20, "... the least of them", .bare_json = true),
	COL_OWN("max", show_over, -20, "... the most", .bare_json = true),
	VALUE,
	{}
};

const struct column bpftable_watch_columns[] = {
	COL_OWN("change", show_change, -6, "+ new, - gone, ~ changed"),
	KEY,
	COL_OWN("rate", show_rate, -28, "what each number has changed by, a second", .bare_json = true),
	VALUE,
	{}
};

const struct column bpftable_top_columns[] = {
	COL_OWN("by", show_by, 14, "the number that is sorted by, or with --rate its change a second", .bare_json = true),
	KEY,
	VALUE,
	{}
};

const struct column bpftable_diff_columns[] = {
	COL_OWN("change", show_change, -6, "- only in the first, + only in the second, ~ in both with different values"),
	KEY,
	COL_OWN("first", show_old, -28, "the value in the first", .bare_json = true),
	COL_OWN("second", show_value, 0, "the value in the second", .bare_json = true),
	{}
};

struct count_row {
	__u64 entries, max, restarts;
};

const struct column bpftable_count_columns[] = {
	COL("entries", struct count_row, entries, 10, "entries that there are"),
	COL("max", struct count_row, max, 10, "entries that there is room for"),
	COL("restarts", struct count_row, restarts, 8, "how often the walk began again: then some may be counted twice", HIDDEN),
	{}
};

const struct column bpftable_hist_columns[] = { {} };

/* --- What the commands share --- */

int bpftable_open(struct run *run, struct typed *t, bool write, struct where **where)
{
	int ret;

	bpftable.how.lend = bpftable.lend;
	bpftable.how.lend_key = bpftable.lend_key;
	ret = typed_open(t, run->args[0], write, &bpftable.how);
	if (where)
		*where = NULL;
	if (!ret && where && bpftable.where)
		ret = where_new(where, t, bpftable.where);
	if (!ret)
		ret = typed_hints_used(&bpftable.how);
	return ret;
}

void bpftable_header(struct run *run, const char *columns)
{
	if (!run->columns) {
		run->columns = columns;
		out_init(run);
		run->columns = NULL;
	}
	out_header(run);
}

void bpftable_restarts(struct run *run, __u64 restarts)
{
	if (!restarts)
		return;
	if (run->format == OUT_JSON)
		out_printf(out_open(run), "{\"lost\":0,\"why\":\"the walk began again %llu times while the map changed: entries may be there twice\"}\n",
			   restarts);
	else
		err("the walk began again %llu times while the map changed: entries may be there twice", restarts);
}

static const char *usual_columns(const struct typed *t)
{
	if (t->map.info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS || t->map.info.type == BPF_MAP_TYPE_HASH_OF_MAPS)
		return bpftable.keys_only ? "key,map,inner" : "key,map,inner,value";
	if (bpftable.keys_only)
		return "key";
	return t->map.cpus > 1 ? "key,sum,min,max,value" : "key,value";
}

/* --- get --- */

int bpftable_get(struct run *run)
{
	struct typed t;
	char *key = NULL, *value = NULL;
	int ret = bpftable_open(run, &t, false, NULL);

	if (ret)
		return ret;
	if (!(map_can(&t.map) & MAP_GET)) {
		err("get: %s", map_why_not(&t.map, MAP_GET));
		ret = -EOPNOTSUPP;
		goto out;
	}
	key = calloc(1, t.map.info.key_size + 8);
	value = calloc(1, t.map.room + 8);
	ret = key && value ? 0 : -ENOMEM;
	for (int i = 1; !ret && i < run->n_args; i++) {
		struct entry e = { .t = &t, .key = key, .value = value };

		ret = typed_key(&t, run->args[i], key);
		if (ret)
			break;
		ret = map_get(&t.map, key, value);
		if (ret == -ENOENT || ret == -E2BIG)
			err("get: no entry %s", run->args[i]);
		else if (ret == -EOPNOTSUPP || ret == -524 || ret == -ENOSPC)
			err("get: %s", ret == -ENOSPC ? "the kernel tells sockets by their cookie, of 8 bytes: this map has values of 4" :
							map_why_not(&t.map, MAP_GET));
		if (ret == -524 || ret == -ENOSPC)
			ret = -EOPNOTSUPP;
		if (ret)
			break;
		if (i == 1)
			bpftable_header(run, usual_columns(&t));
		out_row(run, &e);
	}
out:
	free(key);
	free(value);
	typed_close(&t);
	return ret;
}

/* --- dump --- */

struct dump {
	struct run *run;
	struct typed *t, *inner;
	const struct where *where;
	const void *outer_key;
	struct value_buf line;
	bool csv, maps, headed;
	__u64 shown;
	int ret;
};

static void csv_head(struct run *run, const struct typed *t)
{
	struct value_buf head = {};

	if (!run->quiet) {
		if (typed_key_is_fd(t))
			value_puts(&head, "key");
		else
			value_csv_names(&head, t->key, "key");
		value_puts(&head, t->map.cpus > 1 && !bpftable.keys_only ? ",cpu" : "");
		if (!bpftable.keys_only) {
			value_puts(&head, ",");
			value_csv_names(&head, t->value, "value");
		}
		out_str(out_open(run), head.text ?: "");
		out_str(out_open(run), "\n");
	}
	free(head.text);
}

/* Only once there is something to show, or surely nothing. */
static void head(struct dump *d)
{
	if (d->headed)
		return;
	d->headed = true;
	if (d->csv)
		csv_head(d->run, d->t);
	else
		bpftable_header(d->run, usual_columns(d->t));
}

static int dump_csv(struct dump *d, const void *key, const void *value)
{
	struct value_buf *line = &d->line;
	struct typed *t = d->t;
	int cpus = bpftable.keys_only ? 1 : t->map.cpus;

	for (int cpu = 0; cpu < cpus; cpu++) {
		line->len = 0;
		if (typed_key_is_fd(t))
			typed_write_key(line, t, key, VALUE_TEXT);
		else
			value_csv(line, t->key, key);
		if (t->map.cpus > 1 && !bpftable.keys_only)
			value_printf(line, ",%d", cpu);
		if (!bpftable.keys_only) {
			value_puts(line, ",");
			value_csv(line, t->value, (const char *)value + cpu * t->map.stride);
		}
		value_puts(line, "\n");
		if (line->failed)
			return -ENOMEM;
		out_str(out_open(d->run), line->text);
	}
	return 0;
}

/* Nobody reads any more, or enough rows. */
static int over(struct dump *d)
{
	d->shown++;
	return out_closed() || (d->run->rows && d->shown >= d->run->rows) ? -EPIPE : 0;
}

static int dump_one(void *ctx, const void *key, void *value)
{
	struct dump *d = ctx;
	struct entry e = { .t = d->t, .key = key, .value = value };

	if (d->where && !where_matches(d->where, d->t, key, value))
		return 0;
	head(d);
	if (d->csv)
		d->ret = dump_csv(d, key, value);
	else
		out_row(d->run, &e);
	return d->ret ?: over(d);
}

static int dump_inner_one(void *ctx, const void *key, void *value)
{
	struct dump *d = ctx;
	struct entry e = { .t = d->t, .key = d->outer_key, .inner = d->inner, .inner_key = key, .value = value };

	if (d->where && !where_matches(d->where, d->inner, key, value))
		return 0;
	head(d);
	out_row(d->run, &e);
	return over(d);
}

/* The map that the entry of a map of maps leads to; one that is gone by now is left out. */
static int dump_inner(void *ctx, const void *key, void *value)
{
	struct typed_how how = bpftable.how;
	struct entry e = { .t = NULL, .key = key };
	struct dump *d = ctx;
	struct where *where = NULL;
	struct typed inner;
	char id[24];
	__u64 restarts = 0;
	int ret;

	snprintf(id, sizeof(id), "id:%u", *(__u32 *)value);
	how.lend = NULL;
	how.lend_key = NULL;
	ret = typed_open(&inner, id, false, &how);
	if (ret == -ENOENT)
		return 0;
	if (!ret && bpftable.where)
		ret = where_new(&where, &inner, bpftable.where);
	for (size_t i = 0; i < how.n_hints; i++)
		bpftable.how.hints[i].used |= how.hints[i].used;
	d->inner = &inner;
	d->outer_key = key;
	d->where = where;
	if (!ret && !(map_can(&inner.map) & MAP_WALK)) {
		e.t = d->t;
		e.inner = &inner;
		head(d);
		out_row(d->run, &e);
	} else if (!ret) {
		ret = map_walk(&inner.map, dump_inner_one, d, &restarts);
		bpftable_restarts(d->run, restarts);
	}
	where_free(where);
	typed_close(&inner);
	return ret;
}

int bpftable_dump(struct run *run)
{
	struct typed t;
	struct where *where = NULL;
	struct dump d = { .run = run, .t = &t };
	__u64 restarts = 0;
	int ret;

	bpftable.how.lend = bpftable.lend;
	bpftable.how.lend_key = bpftable.lend_key;
	ret = typed_open(&t, run->args[0], bpftable.drain, &bpftable.how);
	if (ret)
		return ret;
	d.maps = t.map.info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS || t.map.info.type == BPF_MAP_TYPE_HASH_OF_MAPS;
	d.csv = run->format == OUT_CSV && !run->columns && !d.maps;
	if (!d.maps && bpftable.where)
		ret = where_new(&where, &t, bpftable.where);
	d.where = where;
	if (!ret && !d.maps)
		ret = typed_hints_used(&bpftable.how);
	if (!ret && bpftable.drain && (!(map_can(&t.map) & MAP_DELETE) || d.maps || where)) {
		err("--drain: %s", where ? "not with --where: del --where deletes what matches" : map_why_not(&t.map, MAP_DELETE));
		ret = where ? -EINVAL : -EOPNOTSUPP;
	}
	if (ret)
		goto out;
	if (bpftable.drain)
		ret = map_drain(&t.map, dump_one, &d, &restarts);
	else
		ret = typed_walk(&t, d.maps ? dump_inner : dump_one, &d, &restarts);
	if (ret == -EPIPE)
		ret = 0;
	if (ret)
		ret = typed_walk_failed("dump", &t, ret);
	else
		head(&d);
	bpftable_restarts(run, restarts);
	if (!ret && d.maps)
		ret = typed_hints_used(&bpftable.how);
out:
	free(d.line.text);
	where_free(where);
	typed_close(&t);
	return ret;
}

/* --- count --- */

struct counting {
	struct typed *t;
	const struct where *where;
	__u64 n;
};

static int count_one(void *ctx, const void *key, void *value)
{
	struct counting *c = ctx;

	c->n += !c->where || where_matches(c->where, c->t, key, value);
	return 0;
}

int bpftable_count(struct run *run)
{
	struct where *where;
	struct count_row row = {};
	struct typed t;
	struct counting c = { .t = &t };
	int ret = bpftable_open(run, &t, false, &where);

	c.where = where;
	if (!ret) {
		ret = typed_walk(&t, count_one, &c, &row.restarts);
		ret = typed_walk_failed("count", &t, ret);
	}
	if (!ret) {
		row.entries = c.n;
		row.max = t.map.info.max_entries;
		out_header(run);
		out_row(run, &row);
	}
	where_free(where);
	typed_close(&t);
	return ret;
}

/* --- Snapshots --- */

static size_t snapshot_key_size;

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, snapshot_key_size);
}

int snapshot_add(struct snapshot *s, const void *key, const void *value)
{
	char *entry;

	if (!s->size) {
		s->value_at = (s->t->map.info.key_size + 7) & ~(size_t)7;
		s->size = s->value_at + ((s->t->map.room + 7) & ~(size_t)7);
	}
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		char *more = realloc(s->entries, room * s->size);

		if (!more)
			return -ENOMEM;
		s->entries = more;
		s->room = room;
	}
	entry = s->entries + s->n++ * s->size;
	memset(entry, 0, s->size);
	memcpy(entry, key, s->t->map.info.key_size);
	if (value)
		memcpy(entry + s->value_at, value, s->t->map.room);
	return 0;
}

static int snapshot_one(void *ctx, const void *key, void *value)
{
	struct snapshot *s = ctx;

	if (s->where && !where_matches(s->where, s->t, key, value))
		return 0;
	return snapshot_add(s, key, value);
}

/* Sorted, and of a key that was seen twice only one. */
int snapshot_sort(struct snapshot *s)
{
	size_t kept = 0;

	snapshot_key_size = s->t->map.info.key_size;
	if (s->n)
		qsort(s->entries, s->n, s->size, by_key);
	for (size_t i = 0; i < s->n; i++) {
		if (kept && !by_key(s->entries + (kept - 1) * s->size, s->entries + i * s->size))
			continue;
		memmove(s->entries + kept++ * s->size, s->entries + i * s->size, s->size);
	}
	s->n = kept;
	return 0;
}

int snapshot_take(struct snapshot *s, struct typed *t, const struct where *where)
{
	__u64 restarts = 0;
	int ret;

	*s = (struct snapshot){ .t = t, .where = where };
	if (typed_key_is_fd(t)) {
		err("its keys are descriptors: only dump and get are for it");
		return -EOPNOTSUPP;
	}
	ret = typed_walk(t, snapshot_one, s, &restarts);
	return ret ? typed_walk_failed("it can't be listed", t, ret) : snapshot_sort(s);
}

const char *snapshot_find(const struct snapshot *s, const void *key)
{
	snapshot_key_size = s->t->map.info.key_size;
	return s->n ? bsearch(key, s->entries, s->n, s->size, by_key) : NULL;
}

void snapshot_free(struct snapshot *s)
{
	free(s->entries);
	*s = (struct snapshot){};
}

/* --- diff --- */

static bool same_value(const struct typed *t, const char *a, const char *b)
{
	for (int cpu = 0; cpu < t->map.cpus; cpu++)
		if (memcmp(a + cpu * t->map.stride, b + cpu * t->map.stride, t->map.info.value_size))
			return false;
	return true;
}

static bool is_file(const char *name)
{
	return !strcmp(name, "-") || (strncmp(name, "/sys/fs/bpf/", 12) && strchr(name, '.') && !reach(name, R_OK));
}

int bpftable_diff(struct run *run)
{
	struct snapshot a = {}, b = {};
	struct typed t, other = { .map.fd = -1, .key_fd = -1 };
	struct where *where;
	struct typed_how how;
	size_t i = 0, j = 0;
	__u64 differ = 0;
	int ret = bpftable_open(run, &t, false, &where), order;

	if (ret)
		return ret;
	ret = snapshot_take(&a, &t, where);
	if (!ret && is_file(run->args[1])) {
		b.t = &t;
		ret = snapshot_read(&b, &t, run->args[1]);
	} else if (!ret) {
		how = bpftable.how;
		ret = typed_open(&other, run->args[1], false, &how);
		if (!ret && (other.map.info.key_size != t.map.info.key_size || other.map.info.value_size != t.map.info.value_size ||
			     other.map.cpus != t.map.cpus)) {
			err("diff: keys of %u and %u bytes, values of %u and %u: these can't be compared", t.map.info.key_size,
			    other.map.info.key_size, t.map.info.value_size, other.map.info.value_size);
			ret = -EINVAL;
		}
		ret = ret ?: snapshot_take(&b, &other, where);
	}
	if (ret)
		goto out;
	out_header(run);
	snapshot_key_size = t.map.info.key_size;
	while (i < a.n || j < b.n) {
		const char *x = a.entries + i * a.size, *y = b.entries + j * b.size;
		struct entry e = { .t = &t };

		order = i == a.n ? 1 : j == b.n ? -1 : by_key(x, y);
		e.key = order <= 0 ? x : y;
		e.old = order <= 0 ? x + a.value_at : NULL;
		e.value = order >= 0 ? y + b.value_at : NULL;
		e.change = order < 0 ? "-" : order > 0 ? "+" : "~";
		i += order <= 0;
		j += order >= 0;
		if (!order && same_value(&t, e.old, e.value))
			continue;
		differ++;
		out_row(run, &e);
	}
	run->status = differ ? EXIT_FAILED : EXIT_FINE;
out:
	snapshot_free(&a);
	snapshot_free(&b);
	where_free(where);
	typed_close(&t);
	if (other.map.fd >= 0)
		typed_close(&other);
	return ret;
}

/* --- hist --- */

struct histogram {
	struct typed *t;
	const struct where *where;
	struct typed_field field;
	struct hist hist;
	__u64 negative;
};

static int hist_one(void *ctx, const void *key, void *value)
{
	struct histogram *h = ctx;
	double v;
	__u32 slot;

	if (h->where && !where_matches(h->where, h->t, key, value))
		return 0;
	v = h->field.of_key ? value_number(&h->field.field, key) : over_cpus(h->t, &h->field.field, value);
	if (v < 0) {
		h->negative++;
		return 0;
	}
	for (slot = 0; slot < 63 && v > hist_high(slot, 0); slot++)
		;
	h->hist.slot[slot]++;
	h->hist.sum += v;
	return 0;
}

int bpftable_hist(struct run *run)
{
	static struct histogram h;
	static struct table table = { .unit = "value" };
	struct hist_view view = { .slots = h.hist.slot, .divide = 1 };
	struct where *where;
	struct typed t;
	char path[256];
	__u64 restarts = 0;
	int ret = bpftable_open(run, &t, false, &where);

	h.t = &t;
	h.where = where;
	if (!ret && bpftable.by)
		ret = typed_field(&t, bpftable.by, &h.field);
	else if (!ret && value_numeric(t.value, 0, &h.field.field, path, sizeof(path)))
		ret = -EINVAL;
	if (!ret && bpftable.by && !value_is_number(&h.field.field))
		ret = -EINVAL;
	else if (!ret && !bpftable.by)
		bpftable.by = *path ? path : "value";
	if (ret == -EINVAL)
		err("hist: %s is no number: --by FIELD says which to count", bpftable.by ?: "the value");
	if (!ret)
		ret = typed_walk_failed("hist", &t, typed_walk(&t, hist_one, &h, &restarts));
	if (!ret) {
		table.unit = bpftable.by;
		run->table = &table;
		view.sum = h.hist.sum;
		hist_header(run);
		hist_show(run, NULL, &view);
		if (h.negative)
			note("%llu entries have a negative one, and are not in it", h.negative);
	}
	where_free(where);
	typed_close(&t);
	return ret;
}
