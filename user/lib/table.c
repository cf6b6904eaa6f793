// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a tool counted in a map, as rows or histograms.  An interval is shown as the
 * difference of two readings, never by clearing what the programs are adding to: no
 * event falls between a reading and a clearing.  Keys that an interval left untouched
 * are deleted once the map is half full, so that it doesn't fill up with what is gone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/cpu.h"
#include "lib/hist.h"
#include "lib/lib.h"
#include "lib/screen.h"

/* Entries are key then value, each rounded up to 8 bytes, sorted by key. */
struct reading {
	char *entries;
	size_t n;
};

static struct {
	int fd;
	__u32 key_size, value_size;	/* as shown: one CPU's value */
	__u32 cpus;			/* > 1: per-CPU values */
	__u32 per_cpu;			/* entries for each CPU in an array */
	size_t key_room, size;		/* of an entry */
	bool keyed, hash;
	__u32 max_entries;
	__u64 *reading, told;		/* the time of the reading, for the programs; and what they had until then */
	__u64 last, this;
	struct reading now, before;
} t;

static const struct column *sort_by;
static bool up;
static struct {
	char *all;
	size_t n;
} rows;			/* as last shown */

#define TRIES 1000	/* to read what is being changed: each change takes a fraction of a microsecond */
#define AHEAD 200000	/* ns: what is to be known on all CPUs at a time is told them before */

#define ROUND_UP(n) (((n) + 7) & ~(size_t)7)

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, t.key_size);
}

static void add(char *to, const void *from, size_t counters)
{
	for (size_t i = 0; i < counters / 8; i++)
		((__u64 *)to)[i] += ((const __u64 *)from)[i];
}

static size_t counters(const struct run *run)
{
	return run->table->adds ?: t.value_size;
}

/* The highest that came after the last reading, whether or not more came after this one. */
static void settle(const struct run *run, void *value)
{
	struct peak *peak = run->table->peak ? (struct peak *)((char *)value + run->table->peak - 1) : NULL;

	if (!peak)
		return;
	if (peak->of != t.this && peak->of != t.told)
		peak->most = 0;
	else if (peak->of == t.this && peak->before_of == t.told && peak->before > peak->most)
		peak->most = peak->before;
}

/* One CPU's value into that of all. */
static void merge(const struct run *run, char *to, char *from)
{
	size_t at = run->table->peak;

	settle(run, from);
	add(to, from, counters(run));
	if (at && ((struct peak *)(from + at - 1))->most > ((struct peak *)(to + at - 1))->most)
		((struct peak *)(to + at - 1))->most = ((struct peak *)(from + at - 1))->most;
}

static int collect(void *ctx, const void *key, void *value)
{
	struct run *run = ctx;
	char *entry, *more;

	if (t.per_cpu && *(__u32 *)key >= t.per_cpu) {
		entry = t.now.entries + *(__u32 *)key % t.per_cpu * t.size;
		merge(run, entry + t.key_room, value);
		return 0;
	}
	if (!t.keyed && t.now.n) {	/* HISTOGRAMS() without a key: all CPUs in one */
		merge(run, t.now.entries + t.key_room, value);
		return 0;
	}
	for (int i = 0; run->table->read && run->table->read(value, t.this) && i < TRIES; i++)
		if (bpf_map_lookup_elem(t.fd, key, value))
			return 0;	/* it is gone */
	if (!(t.now.n & (t.now.n - 1))) {
		more = realloc(t.now.entries, (t.now.n ? t.now.n * 2 : 1) * t.size);
		if (!more)
			return -ENOMEM;
		t.now.entries = more;
	}
	entry = t.now.entries + t.now.n++ * t.size;
	memset(entry, 0, t.size);
	if (t.keyed)
		memcpy(entry, key, t.key_size);
	settle(run, value);
	memcpy(entry + t.key_room, value, t.value_size);
	for (__u32 cpu = 1; cpu < t.cpus; cpu++)
		merge(run, entry + t.key_room, (char *)value + cpu * ROUND_UP(t.value_size));
	return 0;
}

/* Of the two tables of a tool only the one in use takes room. */
static int leave_out(struct run *run, const struct table *other)
{
	struct bpf_map *map;
	char name[64];
	int ret = 0;

	if (!other->map || (run->table->map && !strcmp(other->map, run->table->map)))
		return 0;
	for (int i = 0; i < 2 && !ret; i++) {
		snprintf(name, sizeof(name), "%s%s", other->map, i ? "__cpu" : "");
		map = bpf_object__find_map_by_name(run->skel->obj, name);
		ret = map ? bpf_map__set_autocreate(map, false) : 0;
	}
	return ret;
}

/* Between open and load: the sizes that depend on this machine and on the options. */
int table_prepare(struct run *run)
{
	const struct table *table = run->table;
	struct bpf_map *map, *cpu;
	char name[64];
	size_t size;
	int ret = 0;

	if (run->tool->state && run->max_entries) {
		map = bpf_object__find_map_by_name(run->skel->obj, run->tool->state);
		ret = map ? bpf_map__set_max_entries(map, run->max_entries) : -ENOENT;
	}
	if (!ret && run->tool->hists)
		ret = leave_out(run, &run->tool->table) ?: leave_out(run, run->tool->hists);
	if (!table->map || ret)
		return ret;
	map = bpf_object__find_map_by_name(run->skel->obj, table->map);
	snprintf(name, sizeof(name), "%s__cpu", table->map);
	cpu = table->unit ? bpf_object__find_map_by_name(run->skel->obj, name) : NULL;
	if (!map || (table->unit && !cpu))
		return -ENOENT;
	if (run->max_entries)
		ret = bpf_map__set_max_entries(map, run->max_entries);
	if (table->per_cpu)
		ret = bpf_map__set_max_entries(map, table->per_cpu * cpu_ids());
	if (!table->unit || ret)
		return ret;
	run->common->hist_bits = run->percentiles ? HIST_BITS : 0;
	run->common->hist_slots = HIST_SLOTS(run->common->hist_bits);
	run->common->hist_keyed = table->keyed || opt_keyed();
	size = offsetof(struct hist, slot) + run->common->hist_slots * sizeof(__u64);
	ret = bpf_map__set_value_size(map, size);
	if (!ret)
		ret = bpf_map__set_value_size(cpu, size);
	if (!ret && !run->common->hist_keyed)
		ret = bpf_map__set_max_entries(map, 1);
	else if (!ret && run->percentiles && !run->max_entries)
		ret = bpf_map__set_max_entries(map, 1024);	/* a key takes 8 KiB */
	if (!ret && !run->common->hist_keyed)
		ret = bpf_map__set_max_entries(cpu, cpu_ids());
	return ret;
}

static int start(struct run *run)
{
	const struct table *table = run->table;
	struct bpf_map *map;
	char name[64];
	size_t size;

	t.keyed = !table->unit || run->common->hist_keyed;
	snprintf(name, sizeof(name), t.keyed ? "%s" : "%s__cpu", table->map);
	map = bpf_object__find_map_by_name(run->skel->obj, name);
	if (!map)
		return -ENOENT;
	t.fd = bpf_map__fd(map);
	t.key_size = t.keyed ? bpf_map__key_size(map) : 0;
	t.value_size = bpf_map__value_size(map);
	t.key_room = ROUND_UP(table->unit ? (t.key_size > table->size ? t.key_size : table->size) : t.key_size);
	t.size = t.key_room + ROUND_UP(t.value_size);
	t.per_cpu = table->apart ? 0 : table->per_cpu;
	if (table->peak || table->read)
		t.reading = (__u64 *)bpf_map__initial_value(bpf_object__find_map_by_name(run->skel->obj, ".data.reading"), &size);
	t.max_entries = bpf_map__max_entries(map);
	t.hash = bpf_map__type(map) == BPF_MAP_TYPE_HASH || bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_HASH;
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: t.cpus = libbpf_num_possible_cpus(); break;
	default: t.cpus = 1;
	}
	return 0;
}

/* What this entry has had since it was last shown; false when that is nothing. */
static bool since_before(struct run *run, char *entry)
{
	char *old = t.before.n ? bsearch(entry, t.before.entries, t.before.n, t.size, by_key) : NULL;
	__u64 *value = (__u64 *)(entry + t.key_room), any = 0;
	size_t at = run->table->identity;

	if (old && at && memcmp(entry + t.key_room + at - 1, old + t.key_room + at - 1, sizeof(__u64)))
		old = NULL;
	for (size_t i = 0; i < counters(run) / 8; i++) {
		if (old)
			value[i] -= ((__u64 *)(old + t.key_room))[i];
		any |= value[i];
	}
	return any;
}

static int descending(const void *a, const void *b)
{
	long long x = out_number(sort_by, a), y = out_number(sort_by, b);

	return (x < y) - (x > y);
}

static int ascending(const void *a, const void *b)
{
	return descending(b, a);
}

static void show_hist(struct run *run, const char *entry)
{
	const struct hist *h = (const struct hist *)(entry + t.key_room);
	size_t divide = run->table->divide;
	struct hist_view view = {
		.slots = h->slot,
		.sum = h->sum,
		.bits = run->common->hist_bits,
		.divide = divide ? *(__u64 *)((char *)run->rodata + divide - 1) : 1,
	};

	hist_show(run, entry, &view);
}

static void print(struct run *run)
{
	const struct table *table = run->table;
	size_t size = table->unit ? t.size : table->size;
	bool reverse = false;

	sort_by = screen_sort(run, out_find(run, run->sort ?: table->sort), &reverse);
	up = table->up != reverse;
	if (sort_by)
		qsort(rows.all, rows.n, size, up ? ascending : descending);
	if (table->unit)
		hist_header(run);
	else if (!table->line || !table->line(run, NULL))
		out_header(run);
	for (size_t i = 0; i < rows.n && (!run->rows || i < run->rows); i++)
		if (table->unit)
			show_hist(run, rows.all + i * size);
		else if (!table->line || !table->line(run, rows.all + i * size))
			out_row(run, rows.all + i * size);
}

void table_rows(struct run *run, void *list, size_t n)
{
	free(rows.all);
	rows.all = list;
	rows.n = n;
	print(run);
}

/* What was shown last, in another order. */
void table_again(struct run *run)
{
	if (rows.all)
		print(run);
}

/* Entries to the tool's row type, completed, sorted and shown. */
static int show(struct run *run, char *entries, size_t n)
{
	const struct table *table = run->table;
	size_t size = table->unit ? t.size : table->size;

	free(rows.all);
	rows.n = 0;
	rows.all = calloc(n ?: 1, size);
	if (!rows.all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		char *row = rows.all + rows.n * size, *entry = entries + i * t.size;

		if (table->unit) {
			memcpy(row, entry, t.size);
		} else {
			memset(row, 0, size);
			memcpy(row, entry, t.key_size);
			memcpy(row + table->value_at, entry + t.key_room,
			       t.value_size < size - table->value_at ? t.value_size : size - table->value_at);
		}
		rows.n += !table->row || table->row(run, row);
	}
	if (table->merge)
		rows.n = table->merge(run, rows.all, rows.n);
	if (table->all)
		table->all(run, rows.all, rows.n);
	print(run);
	return 0;
}

/* Delete an idle key; what came between its reading and now is still shown.  Kernels before 5.14 can't tell. */
static bool forget(struct run *run, char *entry, char *delta, bool *active)
{
	char *value = malloc(t.cpus * ROUND_UP(t.value_size));
	int ret = value ? bpf_map_lookup_and_delete_elem(t.fd, entry, value) : -ENOMEM;

	if (!ret) {
		settle(run, value);
		memcpy(delta + t.key_room, value, t.value_size);
		for (__u32 cpu = 1; cpu < t.cpus; cpu++)
			merge(run, delta + t.key_room, value + cpu * ROUND_UP(t.value_size));
		*active = since_before(run, delta);
	}
	free(value);
	return !ret || !bpf_map_delete_elem(t.fd, entry);
}

/* The clock of bpf_ktime_get_ns(). */
static __u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SEC_ + ts.tv_nsec;
}

/* A walk that had to begin again may have seen a key twice: the later reading, which is larger, stays. */
static void once_each(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < t.now.n; i++) {
		char *entry = t.now.entries + i * t.size, *last = t.now.entries + (kept - 1) * t.size;

		if (kept && !by_key(entry, last)) {
			if (*(__u64 *)(entry + t.key_room) > *(__u64 *)(last + t.key_room))
				memcpy(last, entry, t.size);
			continue;
		}
		memmove(t.now.entries + kept++ * t.size, entry, t.size);
	}
	t.now.n = kept;
	note("a map changed so fast that it was read again from its start: what was counted meanwhile may come later");
}

/* The programs learn the time of this reading; where they go by it exactly, before it comes. */
static void announce(struct run *run)
{
	struct timespec until;

	t.last = t.this;
	t.told = t.reading ? *t.reading : 0;
	do {
		t.this = now() + (run->table->read ? AHEAD : 0);
		if (t.reading)
			__atomic_store_n(t.reading, t.this, __ATOMIC_SEQ_CST);
	} while (run->table->read && now() >= t.this);
	if (!run->table->read)
		return;
	until = (struct timespec){ t.this / SEC_, t.this % SEC_ };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static int read_now(struct run *run)
{
	__u64 restarts = map_restarts;
	int ret = t.size ? 0 : start(run);

	if (!ret)
		announce(run);
	if (!ret && run->table->gather)
		ret = run->table->gather(run);
	if (!ret)
		ret = map_each(t.fd, collect, run);
	if (!ret && t.keyed && t.now.n)
		qsort(t.now.entries, t.now.n, t.size, by_key);
	if (map_restarts != restarts)
		once_each();
	return ret;
}

static void keep_reading(void)
{
	free(t.before.entries);
	t.before = t.now;
	t.now = (struct reading){};
}

int table_begin(struct run *run)
{
	int ret = run->table->read ? read_now(run) : 0;

	if (!run->table->read)
		t.this = now();
	if (!ret)
		keep_reading();
	return ret;
}

/* Once the CPU is part of a per-CPU hash's keys, each value is one CPU's own without that. */
int table_by_cpu(struct bpf_map *map)
{
	return bpf_map__set_type(map, BPF_MAP_TYPE_HASH) ?: bpf_map__set_max_entries(map, 16384);
}

__u64 table_interval(void)
{
	return t.this - t.last;
}

void out_rate(struct out *out, const struct column *c, const void *row)
{
	__u64 n = *(const __u64 *)((const char *)row + c->offset), ns = table_interval();

	if (ns)
		out_u64(out, (unsigned __int128)n * SEC_ / ns);
	else
		out_nothing(out);
}

/* Shows what came since the last time; at the end of an interval, or once at the end. */
int table_show(struct run *run)
{
	char *delta = NULL;
	size_t n = 0, kept = 0;
	bool crowded;
	int ret = read_now(run);

	if (!ret)
		delta = malloc((t.now.n ?: 1) * t.size);
	if (!ret && !delta)
		ret = -ENOMEM;
	crowded = t.hash && run->interval && t.now.n > t.max_entries / 2;
	for (size_t i = 0; !ret && i < t.now.n; i++) {
		char *entry = t.now.entries + i * t.size;
		bool active, gone;

		memcpy(delta + n * t.size, entry, t.size);
		active = since_before(run, delta + n * t.size);
		gone = !active && crowded && forget(run, entry, delta + n * t.size, &active);
		n += active || run->table->idle || (!t.keyed && run->format == OUT_JSON);
		if (gone)
			continue;
		memmove(t.now.entries + kept++ * t.size, entry, t.size);
	}
	t.now.n = kept;
	if (!ret)
		ret = show(run, delta, n);
	free(delta);
	keep_reading();
	return ret;
}
