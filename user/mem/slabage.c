// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/lib.h"
#include "lib/stack_user.h"
#include "mem/slabage.h"
#include "mem/slabage.skel.h"

#define ROW struct slabage_row
#define AGES 5

ROW {
	struct slabage_row_key {
		__u64 cache, site;
		__u32 size, from_kmalloc;	/* size: 0 where the cache tells */
	} key;
	__u64 bytes, count, oldest;
	__u64 ages[AGES];
};

static const __u64 limits[AGES] = { SEC_, 10 * SEC_, 60 * SEC_, 600 * SEC_, -1ULL };

static const struct opt opts[] = {
	OPT_TIME(0, "older", "TIME", slabage, older, MSEC, "only what has been there for longer", .max = 1ULL << 62),
	OPT('C', "caches", NULL, slabage, by_cache, "by cache only, not by who asked for it"),
	{}
};

static int caches;

/* What kmalloc() gives is from caches for sizes, by the names of which it goes. */
static void show_cache(struct out *out, const struct column *c, const void *row)
{
	const struct slabage_row_key *key = &((const ROW *)row)->key;
	char name[CACHE_NAME];

	if (key->cache && !bpf_map_lookup_elem(caches, &key->cache, name))
		out_bytes(out, name, strnlen(name, sizeof(name)));
	else if (!key->from_kmalloc)
		out_printf(out, "(%u bytes)", key->size);
	else if (key->size > 8192)
		out_str(out, "kmalloc-large");
	else
		out_printf(out, key->size < 1024 ? "kmalloc-%u" : "kmalloc-%uk", key->size < 1024 ? key->size : key->size / 1024);
}

static void show_site(struct out *out, const struct column *c, const void *row)
{
	stack_show_kernel(out, ((const ROW *)row)->key.site);
}

static const struct column columns[] = {
	COL("bytes", ROW, bytes, 12, "memory that they take"),
	COL("count", ROW, count, 9, "objects that are there"),
	COL_OWN("cache", show_cache, -24, "slab cache, one of those that the kernel has merged into it; for kmalloc() by size"),
	COL_OWN("site", show_site, -40, "what asked for them"),
	COL_NSEC("oldest", "ms", ROW, oldest, 12, "how long the oldest has been there"),
	COL("1s", ROW, ages[0], 7, "of them, those that have been there for up to a second"),
	COL("10s", ROW, ages[1], 7, "... ten seconds"),
	COL("1m", ROW, ages[2], 7, "... a minute"),
	COL("10m", ROW, ages[3], 7, "... ten minutes"),
	COL("more", ROW, ages[4], 7, "... and for longer"),
	{}
};

static struct {
	ROW *rows;
	size_t n, room;
} all;

struct walk {
	const struct slabage_bpf__rodata *rodata;
	__u64 now;
};

static int collect(void *ctx, const void *key, void *value)
{
	const struct slabage_object *object = value;
	const struct walk *walk = ctx;
	__u64 age = walk->now > object->time ? walk->now - object->time : 0;
	ROW row = { .key = { object->cache, walk->rodata->by_cache ? 0 : object->site, object->cache ? 0 : object->size,
			     object->from_kmalloc }, .bytes = object->size, .count = 1, .oldest = age }, *more;
	int i = 0;

	if (age < walk->rodata->older)
		return 0;
	while (age > limits[i])
		i++;
	row.ages[i] = 1;
	if (all.n == all.room) {
		more = realloc(all.rows, (all.room ? all.room * 2 : 1024) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		all.rows = more;
		all.room = all.room ? all.room * 2 : 1024;
	}
	all.rows[all.n++] = row;
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct slabage_row_key));
}

static void add_up(void)
{
	size_t kept = 0;

	if (all.n)
		qsort(all.rows, all.n, sizeof(*all.rows), by_key);
	for (size_t i = 0; i < all.n; i++) {
		ROW *row = &all.rows[i], *last = &all.rows[kept - 1];

		if (!kept || by_key(row, last)) {
			all.rows[kept++] = *row;
			continue;
		}
		last->bytes += row->bytes;
		last->count += row->count;
		last->oldest = row->oldest > last->oldest ? row->oldest : last->oldest;
		for (int j = 0; j < AGES; j++)
			last->ages[j] += row->ages[j];
	}
	all.n = kept;
}

static int show(struct run *run)
{
	struct walk walk = { run->rodata, look_now() };
	int ret;

	caches = bpf_object__find_map_fd_by_name(run->skel->obj, "caches");
	ret = map_each(bpf_object__find_map_fd_by_name(run->skel->obj, "objects"), collect, &walk);
	if (!ret) {
		add_up();
		table_rows(run, all.rows, all.n);
		all.rows = NULL;
	}
	all.n = all.room = 0;
	return ret;
}

static const struct example examples[] = {
	{ "-d 10 -r 20", "what the kernel has allocated in ten seconds and not freed, by who asked for it" },
	{ "-i 60 --older 1m", "every minute what has been there for longer than that: what leaks grows" },
	{ "-p 1234 -C", "what one process has the kernel hold, by cache" },
	{}
};

TOOL(slabage,
	.summary  = "objects that the kernel holds, by cache, who asked for them, and age",
	.about    = "From kmalloc() and the slab caches, those that were allocated since the tool began and have not been freed; "
		    "how many of them are how old stands in the last columns. Filters look at the task that allocated.",
	.cost     = "A tracepoint and a change of a map for each object that is allocated or freed.",
	.caveats  = "What is freed in bulk, or by kfree_rcu(), tells nobody: it is held to be there until its memory is given to "
		    "another. Before 6.1 the kernel doesn't tell the cache, only how large the object is.",
	.examples = examples, .opts = opts, .columns = columns, .show = show, .end = stack_end, .intervals = true, .state = "objects",
	.keep_caps = SYMBOL_CAPS, .optional = "kmalloc_node kmem_cache_alloc_node",
	.table    = { .sort = "bytes", .size = sizeof(ROW), .value_at = offsetof(ROW, bytes) });
