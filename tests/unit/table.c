// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * user/lib/table.c, once more with maps that the test fills: what it asks libbpf of an object is answered here. It is
 * told of 1,000 processors, more than this machine has.
 */
#include "lib/lib.h"

#define CPUS 1000

static struct {
	int fd;
	enum bpf_map_type type;
	__u32 key_size, value_size, max_entries;
	const char *name;
} the_map;

static int n_cpus = CPUS;
static __u64 the_reading; /* that programs would see */
static void happens(void); /* between the moment that they learn of a reading and the reading itself */
static int take(int fd, const void *key, void *value);

static struct bpf_map *map_named(const struct bpf_object *object, const char *name);

static int set(__u32 *to, __u32 n)
{
	*to = n;
	return 0;
}

#define table_prepare unit_table_prepare
#define table_show unit_table_show
#define table_again unit_table_again
#define table_begin unit_table_begin
#define table_by_cpu unit_table_by_cpu
#define table_rows unit_table_rows
#define bpf_map__set_type(m, t) (the_map.type = (t), 0)
#define table_interval unit_table_interval
#define out_rate unit_out_rate
#define libbpf_num_possible_cpus() n_cpus
#define cpu_ids unit_cpu_ids
#define bpf_object__find_map_by_name map_named
#define bpf_map__fd(m) the_map.fd
#define bpf_map__type(m) the_map.type
#define map_each(fd, fn, ctx) (happens(), map_each(fd, fn, ctx))
#define bpf_map_lookup_and_delete_elem(fd, key, value) take(fd, key, value)
#define bpf_map__initial_value(m, s) ((void)(s), &the_reading)
#define bpf_map__key_size(m) the_map.key_size
#define bpf_map__value_size(m) the_map.value_size
#define bpf_map__max_entries(m) the_map.max_entries
#define bpf_map__set_max_entries(m, n) set(&the_map.max_entries, n)
#define bpf_map__set_value_size(m, n) set(&the_map.value_size, n)
#include "../../user/lib/table.c"
#include "unit.h"

int unit_cpu_ids(void)
{
	return CPUS;
}

static struct bpf_map *map_named(const struct bpf_object *object, const char *name)
{
	(void)object;
	CHECK(*name == '.' || !strncmp(name, the_map.name, strlen(name)));
	return (struct bpf_map *)&the_map;
}

struct peaked {
	__u64 id;
	struct {
		__u64 count;
		struct peak max;
	} value;
};

struct row {
	__u64 id;
	struct {
		__u64 count, ns;
		char comm[16];
	} value;
};

static const struct column columns[] = {
	COL("id", struct row, id, 6, "a key"),
	COL("count", struct row, value.count, 6, "a counter"),
	COL("ns", struct row, value.ns, 6, "another"),
	COL("comm", struct row, value.comm, -16, "what is no counter"),
	{},
};

static struct run run;
static struct common common;
static struct tool tool = {.name = "unit", .columns = columns};

static void map_new(const char *name, enum bpf_map_type type, __u32 key_size, __u32 value_size, __u32 entries)
{
	the_map = (typeof(the_map)){bpf_map_create(type, "unit", key_size, value_size, entries, NULL), type, key_size, value_size,
			    entries, name};
	REQUIRE(the_map.fd >= 0);
}

static void start_with(enum format format, const struct table *table)
{
	static typeof(*run.skel) skel;

	out_to(format, columns, NULL);
	run = (struct run){.tool = &tool, .table = table, .format = format, .quiet = true, .common = &common, .skel = &skel};
	tool.table = *table;
	REQUIRE(out_init(&run) == 0);
}

static const struct table rows_table = ROWS("rows", struct row, "count", .adds = 16);

static void count(__u64 id, __u64 count, __u64 ns, const char *comm)
{
	struct row row = {.value = {.count = count, .ns = ns}};

	strcpy(row.value.comm, comm);
	REQUIRE(bpf_map_update_elem(the_map.fd, &id, &row.value, BPF_ANY) == 0);
}

static const char *shown(void)
{
	CHECK_EQ(unit_table_show(&run), 0);
	return written();
}

static long keys(void)
{
	__u64 key, next;
	void *at = NULL;
	long n = 0;

	for (; !bpf_map_get_next_key(the_map.fd, at, &next); n++) {
		key = next;
		at = &key;
	}
	return n;
}

TEST(table, "each reading shows what came since the one before, largest first")
{
	map_new("rows", BPF_MAP_TYPE_HASH, 8, sizeof(struct row) - 8, 100);
	start_with(OUT_CSV, &rows_table);
	CHECK_STR(shown(), "");
	count(1, 10, 100, "one");
	count(2, 20, 50, "two");
	CHECK_STR(shown(), "2,20,50,two\n1,10,100,one\n");
	/* nothing came: nothing is shown */
	CHECK_STR(shown(), "");
	count(1, 15, 101, "changed");
	count(3, 1, 1, "three");
	CHECK_STR(shown(), "1,5,1,changed\n3,1,1,three\n");
	/* only counters are subtracted; one alone is enough to be shown */
	count(2, 20, 51, "two");
	CHECK_STR(shown(), "2,0,1,two\n");
	/* a counter that wrapped around */
	count(3, 0, 0, "three");
	CHECK_STR(shown(), "3,18446744073709551615,18446744073709551615,three\n");
}

TEST(table, "--rows keeps the first, --sort chooses the column, a tool may leave rows out")
{
	map_new("rows", BPF_MAP_TYPE_HASH, 8, sizeof(struct row) - 8, 100);
	start_with(OUT_CSV, &rows_table);
	run.rows = 2;
	run.sort = "ns";
	for (int i = 1; i <= 5; i++)
		count(i, i, 100 - i, "");
	CHECK_STR(shown(), "1,1,99,\n2,2,98,\n");
}

static bool even(struct run *run, void *row)
{
	(void)run;
	return !(((struct row *)row)->id & 1);
}

TEST(table, "what the tool drops isn't shown, nor in the way of --rows")
{
	static const struct table table = ROWS("rows", struct row, "count", .adds = 16, .row = even);

	map_new("rows", BPF_MAP_TYPE_HASH, 8, sizeof(struct row) - 8, 100);
	start_with(OUT_CSV, &table);
	run.rows = 2;
	for (int i = 1; i <= 9; i++)
		count(i, i, 0, "");
	CHECK_STR(shown(), "8,8,0,\n6,6,0,\n");
}

TEST(table, "keys that an interval left untouched are forgotten once the map is half full, and lose nothing")
{
	map_new("rows", BPF_MAP_TYPE_HASH, 8, sizeof(struct row) - 8, 100);
	start_with(OUT_CSV, &rows_table);
	run.interval = SEC_;
	for (int i = 0; i < 51; i++)
		count(i, 1, 0, "");
	CHECK_EQ(lines(shown()), 51);
	CHECK_EQ(keys(), 51);
	count(7, 3, 0, "");
	CHECK_STR(shown(), "7,2,0,\n");
	CHECK_EQ(keys(), 1);
	/* one that comes back begins anew */
	count(9, 5, 0, "");
	count(7, 4, 0, "");
	CHECK_STR(shown(), "9,5,0,\n7,1,0,\n");
	/* a map that isn't crowded is left alone */
	CHECK_STR(shown(), "");
	CHECK_EQ(keys(), 2);
}

static bool late;	/* all CPUs count once more under the key that is forgotten next */

static int take(int fd, const void *key, void *value)
{
	__u64 all[CPUS];

	for (int i = 0; i < CPUS; i++)
		all[i] = 2;
	if (late)
		REQUIRE(bpf_map_update_elem(fd, key, all, BPF_ANY) == 0);
	late = false;
	return (bpf_map_lookup_and_delete_elem)(fd, key, value);
}

static const struct table per_cpu_table = ROWS("rows", struct row, "id", .adds = 8, .up = true);

TEST(table, "what the processors count under a key while it is forgotten is shown, where the kernel can tell")
{
	__u64 all[CPUS], key = 7;
	int can;

	n_cpus = (libbpf_num_possible_cpus)();
	map_new("rows", BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 100);
	start_with(OUT_CSV, &per_cpu_table);
	run.interval = SEC_;
	for (int i = 0; i < CPUS; i++)
		all[i] = 1;
	REQUIRE(bpf_map_update_elem(the_map.fd, &key, all, BPF_ANY) == 0);
	can = !(bpf_map_lookup_and_delete_elem)(the_map.fd, &key, all);
	for (int i = 0; i < CPUS; i++)
		all[i] = 1;
	for (key = 0; key < 60; key++)
		REQUIRE(bpf_map_update_elem(the_map.fd, &key, all, BPF_ANY) == 0);
	CHECK_EQ(lines(shown()), 60);
	late = true;
	CHECK_STR(shown(), can ? text("0,%d,0,\n", n_cpus) : "");
	CHECK_EQ(keys(), 0);
}

TEST(table, "without an interval nothing is forgotten")
{
	map_new("rows", BPF_MAP_TYPE_HASH, 8, sizeof(struct row) - 8, 10);
	start_with(OUT_CSV, &rows_table);
	for (int i = 0; i < 10; i++)
		count(i, 1, 0, "");
	CHECK_EQ(lines(shown()), 10);
	CHECK_STR(shown(), "");
	CHECK_EQ(keys(), 10);
}

TEST(table, "random counts add up over the intervals")
{
	static __u64 made[60], now[60], told[60];
	struct job job = {.name = "unit", .json = true};
	json_t *r;

	map_new("rows", BPF_MAP_TYPE_HASH, 8, sizeof(struct row) - 8, 100);
	start_with(OUT_JSON, &rows_table);
	run.interval = SEC_;
	for (int round = 0; round < 300; round++) {
		for (int i = any() % 20; i; i--) {
			__u64 id = any() % 60, n = any() % 1000;
			struct row row;

			/* as a program would: forgotten keys begin at zero */
			now[id] = bpf_map_lookup_elem(the_map.fd, &id, &row.value) ? 0 : row.value.count;
			made[id] += n;
			count(id, now[id] + n, 0, "");
		}
		job.out = (char *)shown();
		job.out_length = strlen(job.out);
		each_row(r, &job) told[number(r, "id")] += number(r, "count");
	}
	for (int i = 0; i < 60; i++)
		CHECK_EQ(told[i], made[i]);
}

TEST(table, "counters for each of 1,000 processors are added up")
{
	static const struct table table = ROWS("slots", struct row, "count", .per_cpu = 7, .adds = 16);
	struct row row = {};

	/* made by table_prepare(), with the size that it asks for */
	the_map = (typeof(the_map)){-1, BPF_MAP_TYPE_ARRAY, 4, sizeof(row.value), 7, "slots"};
	start_with(OUT_CSV, &table);
	CHECK_EQ(unit_table_prepare(&run), 0);
	CHECK_EQ(the_map.max_entries, 7 * CPUS);
	map_new("slots", BPF_MAP_TYPE_ARRAY, 4, sizeof(row.value), the_map.max_entries);
	for (__u32 i = 0; i < 7 * CPUS; i++) {
		row.value.count = i % 7;
		row.value.ns = i / 7;
		REQUIRE(bpf_map_update_elem(the_map.fd, &i, &row.value, BPF_ANY) == 0);
	}
	/* 0 + 1 + … + 999 = 499,500; the first slot has no calls, but time */
	CHECK_STR(shown(), "6,6000,499500,\n5,5000,499500,\n4,4000,499500,\n3,3000,499500,\n2,2000,499500,\n1,1000,499500,\n"
			   "0,0,499500,\n");
	CHECK_STR(shown(), "");
}

struct key {
	__u32 disk;
};

TEST(table, "a histogram without keys is the sum of all processors', and its intervals differences")
{
	static const struct table table = HISTS("hists", struct key, "bytes");
	size_t size = sizeof(__u64) * (1 + HIST_SLOTS(0));
	struct hist hist = {};

	the_map = (typeof(the_map)){-1, BPF_MAP_TYPE_ARRAY, 4, sizeof(hist), 1, "hists"};
	map_new("hists__cpu", BPF_MAP_TYPE_ARRAY, 4, size, CPUS);
	tool.columns = NULL;
	start_with(OUT_CSV, &table);
	out_to(OUT_CSV, NULL, NULL);
	common.hist_bits = 0;
	hist.slot[3] = 2;
	hist.sum = 10;
	for (__u32 cpu = 0; cpu < CPUS; cpu++)
		REQUIRE(bpf_map_update_elem(the_map.fd, &cpu, &hist, BPF_ANY) == 0);
	CHECK_STR(shown(), "4,7,2000\n");
	CHECK_STR(shown(), "");
	hist.slot[5] = 1;
	REQUIRE(bpf_map_update_elem(the_map.fd, &(__u32){CPUS - 1}, &hist, BPF_ANY) == 0);
	CHECK_STR(shown(), "16,31,1\n");
}

/* What the programs do with a value: bpf/lib/peak.bpf.h. */
static void peak(struct peak *peak, __u64 value)
{
	if (peak->of != the_reading)
		*peak = (struct peak){0, the_reading, peak->most, peak->of};
	if (value > peak->most)
		peak->most = value;
}

static struct peaked *meanwhile;

static void happens(void)
{
	if (!meanwhile)
		return;
	meanwhile->value.count++;
	peak(&meanwhile->value.max, 3);
	REQUIRE(bpf_map_update_elem(the_map.fd, &meanwhile->id, &meanwhile->value, BPF_ANY) == 0);
}

static const struct column peaked_columns[] = {
	COL("id", struct peaked, id, 6, "a key"),
	COL("count", struct peaked, value.count, 6, "a counter"),
	COL("max", struct peaked, value.max.most, 6, "the highest"),
	{},
};

static void start_peaked(const struct table *table)
{
	start_with(OUT_CSV, table);
	tool.columns = peaked_columns;
	out_to(OUT_CSV, peaked_columns, NULL);
	CHECK_EQ(unit_table_begin(&run), 0);
}

TEST(table, "the highest value is that of the interval, and what comes while it is read isn't lost")
{
	static const struct table table = ROWS("rows", struct peaked, "count", .adds = 8, .peak = 8 + 1);
	struct peaked row = {.id = 7};

	map_new("rows", BPF_MAP_TYPE_HASH, 8, sizeof(row.value), 100);
	start_peaked(&table);
	for (int i = 0; i < 2; i++) {
		row.value.count++;
		peak(&row.value.max, i ? 10 : 30);
	}
	REQUIRE(bpf_map_update_elem(the_map.fd, &row.id, &row.value, BPF_ANY) == 0);
	CHECK_STR(shown(), "7,2,30\n");
	row.value.count++;
	peak(&row.value.max, 20);
	REQUIRE(bpf_map_update_elem(the_map.fd, &row.id, &row.value, BPF_ANY) == 0);
	CHECK_STR(shown(), "7,1,20\n");
	CHECK_STR(shown(), "");
	/* told of the next reading before it is made: both count for this one */
	row.value.count++;
	peak(&row.value.max, 5);
	REQUIRE(bpf_map_update_elem(the_map.fd, &row.id, &row.value, BPF_ANY) == 0);
	meanwhile = &row;
	CHECK_STR(shown(), "7,2,5\n");
	CHECK_EQ(row.value.max.before, 5);
}

TEST(table, "of many processors the highest of all is shown; apart, each has a row, the lowest first")
{
	static const struct table added = ROWS("slots", struct peaked, "id", .adds = 8, .peak = 8 + 1, .per_cpu = 2);
	static const struct table apart =
		ROWS("slots", struct peaked, "id", .adds = 8, .peak = 8 + 1, .per_cpu = 2, .apart = true, .up = true);

	for (int i = 0; i < 2; i++) {
		struct peaked row = {};

		map_new("slots", BPF_MAP_TYPE_ARRAY, 4, sizeof(row.value), 2 * CPUS);
		memset(&t, 0, sizeof(t));
		the_reading = 0;
		start_peaked(i ? &apart : &added);
		for (__u32 cpu = 0; cpu < 3; cpu++) {
			__u32 key = cpu * 2 + 1;

			row.value.count = cpu + 1;
			row.value.max = (struct peak){};
			peak(&row.value.max, cpu == 1 ? 50 : cpu);
			REQUIRE(bpf_map_update_elem(the_map.fd, &key, &row.value, BPF_ANY) == 0);
		}
		CHECK_STR(shown(), i ? "1,1,0\n3,2,50\n5,3,2\n" : "1,6,50\n");
	}
}

static int as_of(void *value, __u64 now)
{
	static int tries;

	if (tries++ % 3)
		return -EAGAIN; /* it is being changed */
	((__u64 *)value)[0] += now;
	return 0;
}

TEST(table, "values as of a time differ by the interval, to the nanosecond; another thing under a key begins anew")
{
	static const struct table table = ROWS("rows", struct row, "count", .adds = 8, .read = as_of, .identity = 8 + 1);
	long long shown_count;
	const char *text;

	map_new("rows", BPF_MAP_TYPE_HASH, 8, sizeof(struct row) - 8, 100);
	start_with(OUT_CSV, &table);
	count(1, 1000, 77, "one");
	CHECK_EQ(unit_table_begin(&run), 0);
	for (int i = 0; i < 3; i++) {
		text = shown();
		REQUIRE(sscanf(text, "1,%lld,77,one", &shown_count) == 1);
		CHECK_EQ(shown_count, unit_table_interval());
		CHECK(shown_count >= 200000);
	}
	count(1, 5000, 78, "other");
	text = shown();
	REQUIRE(sscanf(text, "1,%lld,78,other", &shown_count) == 1);
	CHECK_EQ(shown_count, (long long)t.this + 5000);
}
