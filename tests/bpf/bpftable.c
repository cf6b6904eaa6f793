// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Maps of every type, made for real, and bpftable's word on them compared with the kernel's. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "congestion.skel.h"
#include "kptr.skel.h"
#include "lru.skel.h"
#include "sample.skel.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct job *table_argv(const char *const *args)
{
	const char *argv[32] = {"corekit", "bpftable"};
	struct job *job;
	int n = 2;

	while (*args)
		argv[n++] = *args++;
	job = job_run(&(struct how){.deadline = 60}, argv);
	job->json = true;
	return job;
}

#define table(...) table_argv(ARGV(__VA_ARGS__))

/* It did what it was told, without a word on stderr; quiet, for counts. */
#define does(...) done(__LINE__, table("-q", __VA_ARGS__))
#define refuses(code, part, ...) refused(__LINE__, table(__VA_ARGS__), code, part)

static struct job *done(int line, struct job *job)
{
	if (job->status || *job->err)
		test_failed(__FILE__, line, "status %d: %s", job->status, job->err);
	return job;
}

static struct job *refused(int line, struct job *job, int code, const char *part)
{
	if (job->status != code || lines(job->err) != 1 || *job->out || !strstr(job->err, part) || strncmp(job->err, "bpftable: ", 10))
		test_failed(__FILE__, line, "status %d, not %d and '%s': %s", job->status, code, part, job->err);
	return job;
}

static const char *id_of(int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	REQUIRE(fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size));
	return text("id:%u", info.id);
}

static int map_new(enum bpf_map_type type, __u32 key, __u32 value, __u32 entries, __u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);

	return bpf_map_create(type, "tested", key, value, entries, &opts);
}

/* struct key { __be32 src; __be16 port; __u16 pad; }; struct value { u64 packets; char comm[8]; enum state state; s32 delta; }; */
struct key {
	__u8 src[4], port[2];
	__u16 pad;
};

struct value {
	__u64 packets;
	char comm[8];
	__u32 state;
	__s32 delta;
};

static int typed_new(enum bpf_map_type type, __u32 entries, __u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	struct btf *btf = btf__new_empty();
	int u16 = btf__add_int(btf, "unsigned short", 2, 0), u32 = btf__add_int(btf, "unsigned int", 4, 0);
	int u64 = btf__add_int(btf, "unsigned long", 8, 0), s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int c = btf__add_int(btf, "char", 1, BTF_INT_SIGNED), comm = btf__add_array(btf, u32, c, 8);
	int be16 = btf__add_typedef(btf, "__be16", u16), be32 = btf__add_typedef(btf, "__be32", u32);
	int state = btf__add_enum(btf, "state", 4), key, value, fd;

	btf__add_enum_value(btf, "CLOSED", 0);
	btf__add_enum_value(btf, "OPEN", 7);
	key = btf__add_struct(btf, "key", sizeof(struct key));
	btf__add_field(btf, "src", be32, 0, 0);
	btf__add_field(btf, "port", be16, 32, 0);
	value = btf__add_struct(btf, "value", sizeof(struct value));
	btf__add_field(btf, "packets", u64, 0, 0);
	btf__add_field(btf, "comm", comm, 64, 0);
	btf__add_field(btf, "state", state, 128, 0);
	btf__add_field(btf, "delta", s32, 160, 0);
	REQUIRE(value > 0 && !btf__load_into_kernel(btf));
	opts.btf_fd = btf__fd(btf);
	opts.btf_key_type_id = type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY ? u32 : key;
	opts.btf_value_type_id = value;
	fd = bpf_map_create(type, "flows", type == BPF_MAP_TYPE_ARRAY ? 4 : sizeof(struct key), sizeof(struct value), entries, &opts);
	REQUIRE(fd >= 0);
	return fd;
}

/* Everything in a map, to see that it hasn't changed. */
static char *bytes_of(int fd, size_t key_size, size_t value_size)
{
	char *all = calloc(1, 1 << 16), *key = calloc(1, key_size), *value = calloc(1, value_size), *p = all;
	void *from = NULL;

	while (!bpf_map_get_next_key(fd, from, key)) {
		REQUIRE(!bpf_map_lookup_elem(fd, key, value));
		for (size_t i = 0; i < key_size; i++)
			p += sprintf(p, "%02x", key[i] & 0xff);
		for (size_t i = 0; i < value_size; i++)
			p += sprintf(p, "%02x", value[i] & 0xff);
		from = key;
	}
	return all;
}

/* A bpf file system of this test's own. */
static const char *pin_at(const char *name)
{
	static bool mounted;

	if (!mounted) {
		REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		REQUIRE(mkdir(tmp("bpf"), 0700) == 0 && mount("bpf", tmp("bpf"), "bpf", 0, NULL) == 0);
		mounted = true;
	}
	return tmp(text("bpf/%s", name));
}

/* --- One entry --- */

#define KEY "{src: 10.0.0.1, port: 53}"
#define VALUE "{packets: 7, comm: \"dig\", state: OPEN, delta: -2}"

TEST(bpftable, "what is set by fields is in the map byte by byte, and shown as it was typed")
{
	struct key key = {{10, 0, 0, 1}, {0, 53}, 0};
	int fd = typed_new(BPF_MAP_TYPE_HASH, 16, 0);
	const char *map = id_of(fd);
	struct value value;
	struct job *job;

	does("set", map, KEY, VALUE);
	REQUIRE(!bpf_map_lookup_elem(fd, &key, &value));
	CHECK_EQ(value.packets, 7);
	CHECK(!memcmp(value.comm, "dig\0\0\0\0\0", 8));
	CHECK_EQ(value.state, 7);
	CHECK_EQ(value.delta, -2);
	job = does("get", "-f", "text", map, "{\"port\":53,\"src\":\"10.0.0.1\"}");
	CHECK_STR(job->out, text("%-28s %s\n", KEY, VALUE));
	job = does("dump", map, "-j");
	CHECK_STR(job->out, "{\"key\":{\"src\":\"10.0.0.1\",\"port\":53},\"value\":{\"packets\":7,\"comm\":\"dig\",\"state\":\"OPEN\",\"delta\":-2}}\n");
	job = does("dump", "-f", "csv", map);
	CHECK_STR(job->out, "10.0.0.1,53,7,dig,OPEN,-2\n");
	does("set", map, KEY, "{delta = 5}", "--partial");
	REQUIRE(!bpf_map_lookup_elem(fd, &key, &value));
	CHECK_EQ(value.delta, 5);
	CHECK_EQ(value.packets, 7);
	does("del", map, KEY);
	CHECK(bpf_map_lookup_elem(fd, &key, &value) && errno == ENOENT);
	refuses(1, "no entry", "get", map, KEY);
	refuses(1, "no entry", "del", map, KEY);
	refuses(1, "no entry", "set", map, KEY, "{delta: 1}", "--partial");
	refuses(1, "no entry", "set", map, KEY, VALUE, "--old");
	does("set", map, KEY, VALUE, "--new");
	refuses(1, "there already", "set", map, KEY, VALUE, "--new");
}

TEST(bpftable, "bad input is refused with one line that names the place, and changes nothing")
{
	static const char *const bad[][4] = {
		{"{src: 10.0.0.1, port: 70000}", VALUE, "at character 23"},
		{"{src: 10.0.0.300, port: 1}", VALUE, "at character 7"},
		{"{src: 10.0.0.1}", VALUE, "'port' is missing"},
		{"{src: 10.0.0.1, port: 1, nonsense: 2}", VALUE, "no field 'nonsense'"},
		{KEY " x", VALUE, "more text than a value"},
		{"hex:0a", VALUE, "1 bytes, where there must be 8"},
		{"", VALUE, "key"},
		{KEY, "{packets: 18446744073709551616, comm: a, state: OPEN, delta: 1}", "at character 11"},
		{KEY, "{packets: -1}", "out of range"},
		{KEY, "{packets: 1, comm: 123456789}", "9 bytes, where 8 have room"},
		{KEY, "{packets: 1, comm: a, state: AJAR}", "'AJAR' is no value of enum state"},
		{KEY, "{packets: 1, comm: a, state: OPEN}", "'delta' is missing"},
		{KEY, "{packets: 1, comm: a, state: OPEN, delta: 2147483648}", "out of range"},
		{KEY, "7", "{ is needed"},
		{KEY, "", "value"},
	};
	int fd = typed_new(BPF_MAP_TYPE_HASH, 16, 0);
	const char *map = id_of(fd), *before;
	FILE *f;

	does("set", map, KEY, VALUE);
	before = bytes_of(fd, 8, 24);
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(__LINE__, table("set", map, bad[i][0], bad[i][1]), 2, bad[i][2]);
	refuses(2, "no field", "dump", map, "--where", "nonsense == 1");
	refuses(2, "--as: no field 'nonsense'", "dump", map, "--as", "nonsense=hex");
	refuses(2, "can't be shown so", "dump", map, "--as", "delta=ip6");
	refuses(2, "FIELD=ip4", "dump", map, "--as", "delta");
	refuses(2, "is not ip4", "dump", map, "--as", "delta=nonsense");
	refuses(2, "&& or || is needed", "dump", map, "--where", "port == 53 53");
	refuses(2, "no number", "dump", map, "--where", "comm < x");
	refuses(2, "a ) is missing", "dump", map, "--where", "(port == 53");
	refuses(2, "at character 9", "dump", map, "--where", "port == x");
	refuses(2, "is no number", "hist", map, "--by", "comm");
	refuses(2, "not per CPU", "set", map, KEY, VALUE, "--cpu", "0");
	refuses(1, "no map with the id", "dump", "id:4294967295");
	refuses(2, "no id", "dump", "id:x");
	refuses(1, "no map", "dump", "no-such-map");
	refuses(1, "No such file", "dump", tmp("no-such-pin"));
	refuses(2, "which? give keys", "del", map);
	/* one bad line in a file, and none of it is written */
	f = fopen(tmp("bad.json"), "w");
	REQUIRE(f && fputs("{\"key\":{\"src\":\"1.1.1.1\",\"port\":1},\"value\":{\"packets\":1,\"comm\":\"\",\"state\":0,\"delta\":0}}\n"
			   "{\"key\":{\"src\":\"1.1.1.2\",\"port\":-1},\"value\":{\"packets\":1,\"comm\":\"\",\"state\":0,\"delta\":0}}\n", f) >= 0 && !fclose(f));
	refuses(2, "line 2: key: out of range", "load", map, tmp("bad.json"));
	f = fopen(tmp("bad.csv"), "w");
	REQUIRE(f && fputs("key.src,key.port,value.packets,value.comm,value.state,value.delta\n1.1.1.1,1,1,,0,0\n1.1.1.2,1,1,\"\"\"x\"\"\",0\n", f) >= 0 && !fclose(f));
	refuses(2, "line 2", "load", map, tmp("bad.csv"));
	refuses(2, "No such file", "load", map, tmp("nothing"));
	CHECK_STR(bytes_of(fd, 8, 24), before);
}

/* --- Files --- */

static void random_typed(int fd, int n)
{
	unsigned int seed = 42;

	for (int i = 0; i < n; i++) {
		struct key key = {{rand_r(&seed), rand_r(&seed), i >> 8, i}, {rand_r(&seed), rand_r(&seed)}, i % 7 ? 0 : i};
		struct value value = {.packets = (__u64)rand_r(&seed) << 33 | rand_r(&seed), .state = i % 3 ? 7 : i, .delta = rand_r(&seed)};

		for (int j = 0; j < 8; j++)
			value.comm[j] = i % 2 ? rand_r(&seed) : j < i % 9 ? "a,\"\\ b\n\x7f"[j] : 0;
		REQUIRE(!bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	}
}

static bool same_maps(int a, int b, size_t value_size)
{
	char key[64], x[65536], y[65536];
	void *from = NULL;
	int n = 0;

	while (!bpf_map_get_next_key(a, from, key)) {
		if (bpf_map_lookup_elem(a, key, x) || bpf_map_lookup_elem(b, key, y) || memcmp(x, y, value_size))
			return false;
		from = key;
		n++;
	}
	return n > 0;
}

TEST(bpftable, "dump and load are inverse, as JSON and as CSV, whatever the bytes are, padding too")
{
	static const char *const formats[] = {"json", "csv"};
	int fd = typed_new(BPF_MAP_TYPE_HASH, 4000, 0);

	random_typed(fd, 1000);
	for (int i = 0; i < 2; i++) {
		int again = typed_new(BPF_MAP_TYPE_HASH, 4000, 0);
		struct job *job = done(__LINE__, table("dump", id_of(fd), "-f", formats[i])), *diff;
		FILE *f = fopen(tmp(formats[i]), "w");

		REQUIRE(f && fwrite(job->out, 1, job->out_length, f) == job->out_length && !fclose(f));
		does("load", id_of(again), tmp(formats[i]));
		CHECK(same_maps(fd, again, sizeof(struct value)));
		CHECK(same_maps(again, fd, sizeof(struct value)));
		CHECK_EQ(done(__LINE__, table("dump", id_of(again), "-f", formats[i]))->out_length, job->out_length);
		diff = does("diff", id_of(fd), id_of(again), "-j");
		CHECK_STR(diff->out, "");
		CHECK_STR(does("diff", id_of(fd), tmp(formats[i]), "-j")->out, "");
		close(again);
	}
}

TEST(bpftable, "diff tells what is only in one, and what differs; its status is 1 then")
{
	int a = typed_new(BPF_MAP_TYPE_HASH, 10, 0), b = typed_new(BPF_MAP_TYPE_HASH, 10, 0);
	struct job *job;

	does("set", id_of(a), KEY, VALUE);
	does("set", id_of(b), KEY, "{packets: 8, comm: dig, state: 7, delta: -2}");
	does("set", id_of(a), "{src: 1.1.1.1, port: 1}", VALUE);
	does("set", id_of(b), "{src: 2.2.2.2, port: 1}", VALUE);
	does("set", id_of(a), "{src: 3.3.3.3, port: 1}", VALUE);
	does("set", id_of(b), "{src: 3.3.3.3, port: 1}", VALUE);
	job = table("diff", id_of(a), id_of(b), "-j");
	CHECK_EQ(job->status, 1);
	CHECK_STR(job->err, "");
	CHECK_EQ(rows(job), 3);
	CHECK_EQ(rows(job, IS("change", "~")), 1);
	CHECK_EQ(rows(job, IS("change", "-"), IS("second", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("change", "+"), IS("first", NOTHING)), 1);
	refuses(2, "can't be compared", "diff", id_of(a), id_of(map_new(BPF_MAP_TYPE_HASH, 4, 4, 10, 0)));
}

TEST(bpftable, "--where chooses entries by fields of key and value")
{
	int fd = typed_new(BPF_MAP_TYPE_HASH, 100, 0);
	const char *map = id_of(fd);
	static const struct {
		const char *where;
		int n;
	} truths[] = {
		{"port == 53", 1}, {"port >= 50 && port < 60", 10}, {"src == 10.0.0.1", 60}, {"src != 10.0.0.1", 0},
		{"port == 1 || port == 2 && packets == 2", 2}, {"(port == 1 || port == 2) && packets == 2", 1},
		{"!(port < 50)", 10}, {"comm == \"p3\"", 1}, {"value.comm == p3", 1}, {"key.port==4", 1}, {"state == OPEN", 30}, {"delta < 0", 29},
	};

	for (int i = 0; i < 60; i++) {
		struct key key = {{10, 0, 0, 1}, {0, i}, 0};
		struct value value = {.packets = i, .state = i % 2 ? 7 : 0, .delta = 30 - i};

		snprintf(value.comm, 8, "p%d", i);
		REQUIRE(!bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	}
	for (size_t i = 0; i < COUNT(truths); i++) {
		if (!CHECK_EQ(rows(does("dump", map, "-j", "--where", truths[i].where)), truths[i].n))
			fprintf(stderr, "  %s\n", truths[i].where);
		CHECK_EQ(number(row(does("count", map, "-j", "--where", truths[i].where)), "entries"), truths[i].n);
	}
	CHECK_EQ(rows(does("dump", map, "-j", "--keys", "-r", "7")), 7);
	does("del", map, "--where", "port >= 10");
	CHECK_EQ(number(row(does("count", map, "-j")), "entries"), 10);
}

/* --- Per CPU --- */

TEST(bpftable, "of a per-CPU map: sum, least, most and each possible CPU; one can be set alone")
{
	int fd = typed_new(BPF_MAP_TYPE_PERCPU_HASH, 10, 0), again = typed_new(BPF_MAP_TYPE_PERCPU_HASH, 10, 0);
	int n = libbpf_num_possible_cpus();
	struct value *values = calloc(n, sizeof(*values));
	struct key key = {{10, 0, 0, 1}, {0, 53}, 0};
	const char *map = id_of(fd);
	json_t *r, *all;

	for (int cpu = 0; cpu < n; cpu++)
		values[cpu] = (struct value){.packets = 10 + cpu, .comm = "all", .state = cpu ? 7 : 0, .delta = -cpu};
	REQUIRE(!bpf_map_update_elem(fd, &key, values, BPF_ANY));
	r = row(does("dump", "-j", map));
	CHECK_EQ(number(json_object_get(r, "sum"), "packets"), 10 * n + n * (n - 1) / 2);
	CHECK_EQ(number(json_object_get(r, "min"), "packets"), 10);
	CHECK_EQ(number(json_object_get(r, "max"), "packets"), 10 + n - 1);
	CHECK_EQ(number(json_object_get(r, "min"), "delta"), 1 - n);
	CHECK_STR(string(json_object_get(r, "sum"), "comm"), "all");
	all = json_object_get(r, "value");
	CHECK_EQ(json_array_size(all), n);
	for (int cpu = 0; cpu < n; cpu++)
		CHECK_EQ(number(json_array_get(all, cpu), "packets"), 10 + cpu);
	for (int i = 0; i < 2; i++) {
		struct job *job = done(__LINE__, table("dump", map, "-f", i ? "csv" : "json"));
		FILE *f = fopen(tmp("cpus"), "w");

		REQUIRE(f && fputs(job->out, f) >= 0 && !fclose(f));
		does("load", id_of(again), tmp("cpus"));
		CHECK(same_maps(fd, again, n * sizeof(struct value)));
		does("set", id_of(again), KEY, VALUE);
	}
	does("set", map, KEY, "{packets: 100}", "--partial", "--cpu", "0");
	REQUIRE(!bpf_map_lookup_elem(fd, &key, values));
	CHECK_EQ(values[0].packets, 100);
	CHECK_STR(values[0].comm, "all");
	if (n > 1)
		CHECK_EQ(values[1].packets, 11);
	does("set", map, KEY, VALUE);
	REQUIRE(!bpf_map_lookup_elem(fd, &key, values));
	for (int cpu = 0; cpu < n; cpu++)
		CHECK_EQ(values[cpu].packets, 7);
	refuses(2, "possible CPUs", "set", map, KEY, VALUE, "--cpu", text("%d", n));
}

/* --- All types --- */

static const struct {
	__u32 type;
	const char *name;
	__u32 key, value, flags;
	const char *a, *b, *value_text, *shown;	/* two keys, a value and how it is shown */
	int dump;				/* its status */
	const char *why;			/* ... if it isn't 0 */
} kinds[] = {
	{BPF_MAP_TYPE_HASH, "hash", 4, 4, 0, "hex:01000000", "hex:02000000", "hex:0a0b0c0d", "hex:0a0b0c0d", 0, ""},
	{BPF_MAP_TYPE_LRU_HASH, "lru_hash", 4, 4, 0, "hex:01000000", "hex:02000000", "hex:0a0b0c0d", "hex:0a0b0c0d", 0, ""},
	{BPF_MAP_TYPE_PERCPU_HASH, "percpu_hash", 4, 4, 0, "hex:01000000", "hex:02000000", "hex:0a0b0c0d", NULL, 0, ""},
	{BPF_MAP_TYPE_LRU_PERCPU_HASH, "lru_percpu_hash", 4, 4, 0, "hex:01000000", "hex:02000000", "hex:0a0b0c0d", NULL, 0, ""},
	{BPF_MAP_TYPE_ARRAY, "array", 4, 4, 0, "1", "2", "hex:0a0b0c0d", "hex:0a0b0c0d", 0, ""},
	{BPF_MAP_TYPE_PERCPU_ARRAY, "percpu_array", 4, 4, 0, "1", "2", "hex:0a0b0c0d", NULL, 0, ""},
	{BPF_MAP_TYPE_LPM_TRIE, "lpm_trie", 8, 4, BPF_F_NO_PREALLOC, "10.0.0.0/8", "10.1.0.0/16", "hex:0a0b0c0d", "hex:0a0b0c0d", 0, ""},
	{BPF_MAP_TYPE_QUEUE, "queue", 0, 4, 0, NULL, NULL, "hex:0a0b0c0d", "hex:0a0b0c0d", 3, "peek, or pop"},
	{BPF_MAP_TYPE_STACK, "stack", 0, 4, 0, NULL, NULL, "hex:0a0b0c0d", "hex:0a0b0c0d", 3, "peek, or pop"},
	{BPF_MAP_TYPE_DEVMAP, "devmap", 4, 4, 0, "0", "3", "1", "1", 0, ""},
	{BPF_MAP_TYPE_DEVMAP_HASH, "devmap_hash", 4, 4, 0, "9", "7", "1", "1", 0, ""},
	{BPF_MAP_TYPE_CPUMAP, "cpumap", 4, 4, 0, "0", NULL, "64", "64", 0, ""},
	{BPF_MAP_TYPE_RINGBUF, "ringbuf", 0, 0, 0, NULL, NULL, NULL, NULL, 3, "follow"},
	{31, "user_ringbuf", 0, 0, 0, NULL, NULL, NULL, NULL, 3, "only BPF programs read"},
	{30, "bloom_filter", 0, 4, 0, NULL, NULL, "hex:0a0b0c0d", NULL, 3, "push and peek"},
	{BPF_MAP_TYPE_STACK_TRACE, "stack_trace", 4, 80, 0, NULL, NULL, NULL, NULL, 0, ""},
	{BPF_MAP_TYPE_PERF_EVENT_ARRAY, "perf_event_array", 4, 4, 0, NULL, NULL, NULL, NULL, 3, "follow"},
	{BPF_MAP_TYPE_XSKMAP, "xskmap", 4, 4, 0, NULL, NULL, NULL, NULL, 3, "doesn't let user space read"},
	{BPF_MAP_TYPE_CGROUP_ARRAY, "cgroup_array", 4, 4, 0, NULL, NULL, NULL, NULL, 3, "doesn't let user space read"},
	{BPF_MAP_TYPE_SOCKMAP, "sockmap", 4, 8, 0, NULL, NULL, NULL, NULL, 0, ""},
	{BPF_MAP_TYPE_SOCKHASH, "sockhash", 4, 8, 0, NULL, NULL, NULL, NULL, 0, ""},
	{BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, "reuseport_sockarray", 4, 8, 0, NULL, NULL, NULL, NULL, 0, ""},
	{BPF_MAP_TYPE_CGROUP_STORAGE, "cgroup_storage", 16, 8, 0, NULL, NULL, NULL, NULL, 0, ""},
	{BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, "percpu_cgroup_storage", 16, 8, 0, NULL, NULL, NULL, NULL, 0, ""},
	{33, "arena", 0, 0, 1 << 10, NULL, NULL, NULL, NULL, 3, "doesn't let user space read"},
	{35, "rhash", 4, 4, BPF_F_NO_PREALLOC, "hex:01000000", "hex:02000000", "hex:0a0b0c0d", "hex:0a0b0c0d", 0, ""},
	{BPF_MAP_TYPE_PROG_ARRAY, "prog_array", 4, 4, 0, NULL, NULL, NULL, NULL, 0, ""},
};

static void queue_operations(size_t k, const char *map)
{
	bool queue = kinds[k].type == BPF_MAP_TYPE_QUEUE;
	struct job *job;

	refuses(1, "empty", "pop", map);
	refuses(1, "empty", "peek", map);
	does("push", map, "hex:01000000", "hex:02000000", "hex:03000000");
	refuses(2, "at character", "push", map, "hex:04000000", "hex:05");
	CHECK_STR(does("peek", map, "-f", "text")->out, queue ? "hex:01000000\n" : "hex:03000000\n");
	job = does("pop", map, "-j", "-r", "9");
	CHECK_STR(job->out, queue ? "{\"value\":\"hex:01000000\"}\n{\"value\":\"hex:02000000\"}\n{\"value\":\"hex:03000000\"}\n" :
				    "{\"value\":\"hex:03000000\"}\n{\"value\":\"hex:02000000\"}\n{\"value\":\"hex:01000000\"}\n");
	refuses(1, "empty", "pop", map);
	for (int i = 0; i < 8; i++)
		does("push", map, "hex:01000000");
	refuses(1, "full", "push", map, "hex:01000000");
	does("push", map, "hex:09000000", "--force");
	refuses(3, "", "get", map, "1");
	refuses(3, "", "set", map, "1", "1");
	refuses(3, "", "del", map, "1");
}

TEST(bpftable, "maps of every type: what can be read is read, what can be written is written, what can't be says why", .timeout = 200)
{
	static const char *const missing_on[] = {"user_ringbuf", "bloom_filter", "rhash", "arena"};
	int made = 0;

	for (size_t k = 0; k < COUNT(kinds); k++) {
		__u32 type = kinds[k].type;
		bool sized = type == BPF_MAP_TYPE_RINGBUF || type == 31;
		__u32 entries = sized ? sysconf(_SC_PAGESIZE) : type == BPF_MAP_TYPE_CPUMAP ? 1 : type == BPF_MAP_TYPE_CGROUP_STORAGE || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE ? 0 : 8;
		int fd = map_new(type, kinds[k].key, kinds[k].value, entries, kinds[k].flags);
		const char *map;
		struct job *job;

		if (fd < 0) {	/* this kernel is older than the type */
			bool known = false;

			for (size_t i = 0; i < COUNT(missing_on); i++)
				known |= !strcmp(kinds[k].name, missing_on[i]);
			/* ENOMEM: of an arena, see timers below */
			if (!known || (errno != EINVAL && errno != E2BIG && errno != ENOMEM))
				FAIL("%s can't be made: %m", kinds[k].name);
			continue;
		}
		made++;
		map = id_of(fd);
		fprintf(stderr, "  %s\n", kinds[k].name);
		CHECK_STR(string(row(does("show", map, "-j")), "type"), kinds[k].name);
		if (type == BPF_MAP_TYPE_QUEUE || type == BPF_MAP_TYPE_STACK)
			queue_operations(k, map);
		if (type == 30) {
			refuses(1, "never pushed", "peek", map, "hex:01020304");
			does("push", map, "hex:01020304");
			does("peek", map, "hex:01020304");
			refuses(3, "push and peek", "pop", map);
		}
		if (type == 31) {
			does("push", map, "hex:0102030405", "hex:06");
			refuses(2, "half a byte", "push", map, "hex:010");
			refuses(3, "only BPF programs read", "pop", map);
			refuses(3, "only BPF programs read", "peek", map);
		}
		if (kinds[k].dump) {
			refused(__LINE__, table("dump", map), kinds[k].dump, kinds[k].why);
			refused(__LINE__, table("count", map), kinds[k].dump, "");
			close(fd);
			continue;
		}
		if (!kinds[k].a) {
			CHECK_STR(does("dump", map, "-j")->out, "");
			close(fd);
			continue;
		}
		does("set", map, kinds[k].a, kinds[k].value_text);
		if (kinds[k].b)
			does("set", map, kinds[k].b, kinds[k].value_text);
		job = does("get", map, kinds[k].a, "-f", "text");
		CHECK_HAS(job->out, kinds[k].a);
		CHECK_HAS(job->out, kinds[k].shown ?: kinds[k].value_text);
		job = does("dump", map, "-j", "--where", text("value == %s", kinds[k].value_text));
		CHECK_EQ(rows(job), kinds[k].b ? 2 : 1);
		refuses(2, "value: ", "set", map, kinds[k].a, "x");
		refuses(2, "key: ", "set", map, "x", kinds[k].value_text);
		if (type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY) {
			refuses(3, "doesn't let user space delete", "del", map, kinds[k].a);
			refuses(3, "doesn't let user space delete", "dump", map, "--drain");
			refuses(1, "no such index", "set", map, "8", kinds[k].value_text);
		} else {
			does("del", map, kinds[k].a);
			CHECK_EQ(rows(does("dump", map, "-j")), kinds[k].b ? 1 : 0);
		}
		if (type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LPM_TRIE || type == BPF_MAP_TYPE_PERCPU_HASH) {
			CHECK_EQ(rows(does("dump", map, "-j", "--drain")), 1);
			CHECK_EQ(rows(does("dump", map, "-j")), 0);
		}
		close(fd);
	}
	CHECK(made >= (int)(COUNT(kinds) - COUNT(missing_on)));
}

static int program(enum bpf_prog_type type, const char *name, const struct bpf_insn *insns, size_t n)
{
	return bpf_prog_load(type, name, "GPL", insns, n, NULL);
}

static const struct bpf_insn returns_0[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT},
};

TEST(bpftable, "a program array shows the programs by name, a map of maps what is in each of them")
{
	int progs = map_new(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0), inner[2], outer, array;
	int prog = program(BPF_PROG_TYPE_SOCKET_FILTER, "called", returns_0, 2);
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	struct job *job;

	REQUIRE(prog >= 0 && progs >= 0 && !bpf_obj_get_info_by_fd(prog, &info, &size));
	does("set", id_of(progs), "2", text("id:%u", info.id));
	job = does("dump", id_of(progs), "-j");
	CHECK_STR(job->out, text("{\"key\":2,\"value\":{\"id\":%u,\"name\":\"called\"}}\n", info.id));
	does("del", id_of(progs), "2");
	CHECK_STR(does("dump", id_of(progs), "-j")->out, "");
	refuses(2, "id:N", "set", id_of(progs), "1", "nonsense");
	refuses(1, "", "set", id_of(progs), "1", "id:4294967295");

	for (int i = 0; i < 2; i++) {
		inner[i] = typed_new(BPF_MAP_TYPE_HASH, 8, 0);
		does("set", id_of(inner[i]), KEY, VALUE);
	}
	opts.inner_map_fd = inner[0];
	outer = bpf_map_create(BPF_MAP_TYPE_HASH_OF_MAPS, "outer", 4, 4, 8, &opts);
	array = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "array", 4, 4, 8, &opts);
	REQUIRE(outer >= 0 && array >= 0);
	does("set", id_of(outer), "hex:05000000", id_of(inner[0]));
	does("set", id_of(outer), "hex:06000000", id_of(inner[1]));
	does("set", id_of(array), "3", id_of(inner[1]));
	job = does("dump", id_of(outer), "-j");
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("key", "hex:05000000"), IS("map", atoi(id_of(inner[0]) + 3))), 1);
	CHECK_EQ(number(json_object_get(row(job, IS("key", "hex:06000000")), "value"), "packets"), 7);
	CHECK_EQ(number(json_object_get(row(job, IS("key", "hex:06000000")), "inner"), "port"), 53);
	job = does("dump", id_of(array), "-j", "--where", "port == 53");
	CHECK_EQ(rows(job, IS("key", 3)), 1);
	CHECK_EQ(rows(does("dump", id_of(array), "-j", "--where", "port == 54")), 0);
	job = does("get", id_of(array), "3", "-j");
	CHECK_HAS(job->out, "\"name\":\"flows\"");
}

TEST(bpftable, "stack traces are shown with the kernel's symbols")
{
	int fd = map_new(BPF_MAP_TYPE_STACK_TRACE, 4, 80, 16, 0);
	struct bpf_insn takes[] = {
		{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = fd}, {},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 0},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_stackid}, {.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int prog = program(BPF_PROG_TYPE_RAW_TRACEPOINT, "takes", takes, COUNT(takes));
	struct job *job;
	json_t *frames;

	REQUIRE(prog >= 0 && !bpf_prog_test_run_opts(prog, &opts));
	job = does("dump", id_of(fd), "-j");
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(number(row(job), "key"), (int)opts.retval);
	frames = json_object_get(row(job), "value");
	CHECK(json_array_size(frames) > 1);
	/* whoever runs a program by hand comes by the system call */
	if (strstr(file_text("/proc/sys/kernel/kptr_restrict"), "0"))
		CHECK_HAS(job->out, "bpf");
	CHECK_HAS(job->out, "+0x");
	does("del", id_of(fd), text("%u", opts.retval));
	CHECK_EQ(rows(does("dump", id_of(fd), "-j")), 0);
	refuses(3, "only BPF programs", "set", id_of(fd), "1", "hex:00");
}

TEST(bpftable, "sockets are shown by cookie, tasks by pid, cgroups by path")
{
	int maps[2] = {map_new(BPF_MAP_TYPE_SOCKMAP, 4, 8, 4, 0), map_new(BPF_MAP_TYPE_SOCKMAP, 4, 4, 4, 0)};
	struct tcp tcp = tcp_open(AF_INET);
	__u64 cookie;
	socklen_t size = sizeof(cookie);
	struct job *job;

	REQUIRE(!getsockopt(tcp.client, SOL_SOCKET, SO_COOKIE, &cookie, &size));
	for (int i = 0; i < 2; i++)
		does("set", id_of(maps[i]), "1", text("%d/%d", getpid(), tcp.client));
	job = does("dump", id_of(maps[0]), "-j");
	CHECK_EQ(rows(job, IS("key", 1), IS("value", (long long)cookie)), 1);
	refuses(3, "values of 4", "dump", id_of(maps[1]));
	refuses(2, "PID/DESCRIPTOR", "set", id_of(maps[0]), "1", "nonsense");
	refuses(1, "", "set", id_of(maps[0]), "1", text("%d/9999", getpid()));
}

/* Storages need BTF; keys are descriptors. */
static int storage_new(__u32 type)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	struct btf *btf = btf__new_empty();
	int s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED), u64 = btf__add_int(btf, "unsigned long", 8, 0);

	REQUIRE(!btf__load_into_kernel(btf));
	opts.btf_fd = btf__fd(btf);
	opts.btf_key_type_id = s32;
	opts.btf_value_type_id = u64;
	return bpf_map_create(type, "storage", 4, 8, 0, &opts);
}

TEST(bpftable, "storages of tasks, cgroups, files and sockets: a key is a pid, a path, a path, PID/DESCRIPTOR")
{
	static const struct {
		__u32 type;
		const char *name;
	} storages[] = {{BPF_MAP_TYPE_TASK_STORAGE, "task_storage"}, {32, "cgrp_storage"}, {BPF_MAP_TYPE_INODE_STORAGE, "inode_storage"}, {BPF_MAP_TYPE_SK_STORAGE, "sk_storage"}};
	int socket_fd = socket(AF_INET, SOCK_STREAM, 0), made = 0;

	for (size_t i = 0; i < COUNT(storages); i++) {
		int fd = storage_new(storages[i].type);
		const char *key, *map;
		struct job *job;

		if (fd < 0)
			continue;	/* this kernel is older, or built without */
		made++;
		map = id_of(fd);
		close(open(tmp("file"), O_CREAT | O_RDWR, 0600));
		key = i == 0 ? text("%d", getpid()) : i == 1 ? cgroup_new("storage") : i == 2 ? tmp("file") : text("%d/%d", getpid(), socket_fd);
		refuses(1, "", "get", map, key);
		job = table("-q", "set", map, key, "4711");
		/* files: only where the BPF LSM is active, tells the kernel at the first set; all: see timers below */
		if ((i == 2 && job->status) || strstr(job->err, "Cannot allocate memory"))
			continue;
		done(__LINE__, job);
		CHECK_HAS(does("get", map, key, "-f", "text")->out, "4711");
		if (i != 2) {
			job = does("dump", map, "-j");
			CHECK_EQ(rows(job), 1);
			CHECK_EQ(number(row(job), "value"), 4711);
			if (i)
				CHECK_STR(string(row(job), "key"), key);
			else
				CHECK_EQ(number(row(job), "key"), getpid());
			CHECK_EQ(number(row(does("count", map, "-j")), "entries"), 1);
		} else {
			refuses(3, "the kernel lists no", "dump", map);
		}
		does("del", map, key);
		refuses(1, "no entry", "get", map, key);
		refuses(i == 0 || i == 3 ? 2 : 1, "nonsense", "get", map, "nonsense");
		close(fd);
	}
	CHECK(made > 0);
}

TEST(bpftable, "of sockets that no process holds any more the storage is still shown, by cookie")
{
	struct tcp tcp = tcp_open(AF_INET);
	int fd = storage_new(BPF_MAP_TYPE_SK_STORAGE), rest;
	__u64 value = 1, cookie;
	socklen_t size = sizeof(cookie);
	struct job *job;

	REQUIRE(fd >= 0);
	for (int i = 0; i < 2; i++, value++) {
		int end = i ? tcp.client : tcp.server;

		if (bpf_map_update_elem(fd, &end, &value, BPF_ANY))
			SKIP("%s", strerror(errno)); /* see timers below */
	}
	REQUIRE(!getsockopt(tcp.client, SOL_SOCKET, SO_COOKIE, &cookie, &size));
	/* what can't be sent keeps the socket beyond its last descriptor */
	while (send(tcp.client, tmp(NULL), 64, MSG_DONTWAIT) > 0)
		;
	close(tcp.client);
	REQUIRE(!ioctl(tcp.server, FIONREAD, &rest) && rest > 0);
	job = does("dump", id_of(fd), "-j");
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("key", text("%d/%d", getpid(), tcp.server)), IS("value", 1)), 1);
	CHECK_EQ(rows(job, IS("key", text("cookie:%llu", (unsigned long long)cookie)), IS("value", 2)), 1);
	refuses(2, "PID/DESCRIPTOR", "get", id_of(fd), text("cookie:%llu", (unsigned long long)cookie));
}

/* --- While it changes --- */

#define STAY 2000
#define CHURN 1000

static void come_and_go(void *arg)
{
	int fd = (intptr_t)arg;
	unsigned int seed = 7;

	for (;;) {
		struct key key = {{9, 9, rand_r(&seed) % 4, rand_r(&seed)}, {1, 1}, 0};
		struct value value = {};

		if (rand_r(&seed) & 1)
			bpf_map_delete_elem(fd, &key);
		else
			bpf_map_update_elem(fd, &key, &value, BPF_ANY);
	}
}

TEST(bpftable, "while others write and delete, each entry that stays is dumped once, or it is said that it may be twice", .timeout = 120)
{
	int fd = typed_new(BPF_MAP_TYPE_HASH, STAY + CHURN + 1000, 0);
	struct child writers[2];

	for (int i = 0; i < STAY; i++) {
		struct key key = {{1, 1, i >> 8, i}, {0, 1}, 0};
		struct value value = {.packets = i};

		REQUIRE(!bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	}
	for (int i = 0; i < 2; i++) {
		writers[i] = child_new("writer", 0, come_and_go, (void *)(intptr_t)fd);
		child_go(&writers[i]);
	}
	for (int round = 0; round < 5; round++) {
		static unsigned char seen[STAY];
		struct job *job = does("dump", id_of(fd), "-f", "csv", "--where", "port == 1");
		int missing = 0, twice = 0, a, b;

		memset(seen, 0, sizeof(seen));
		for (char *line = job->out; *line; line = strchr(line, '\n') + 1)
			if (CHECK(sscanf(line, "1.1.%d.%d,1,", &a, &b) == 2) && CHECK(a * 256 + b < STAY))
				seen[a * 256 + b]++;
		for (int i = 0; i < STAY; i++) {
			missing += !seen[i];
			twice += seen[i] > 1;
		}
		CHECK_EQ(missing, 0);
		CHECK(!twice || strstr(job->err, "twice"));
	}
	for (int i = 0; i < 2; i++)
		kill(writers[i].pid, SIGKILL);
}

/* r0 = lookup(map, 8 bytes of key at [r10 - 8]) in r6, or exit; what follows has the value in r6. */
#define LOOKUP(fd, k)                                                                                                   \
	{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .imm = (int)(k)}, {.imm = (int)((__u64)(k) >> 32)},          \
	{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 1, .off = -8},                                  \
	{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = fd}, {},                \
	{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10},                                            \
	{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -8},                                                \
	{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem},                                                 \
	{.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 0, .off = 2},                                                   \
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 99}, {.code = BPF_JMP | BPF_EXIT},                  \
	{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 0}

static int run_program(int prog, int times)
{
	char packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet), .repeat = times);

	REQUIRE(prog >= 0 && !bpf_prog_test_run_opts(prog, &opts));
	return opts.retval;
}

static void count_on(void *arg)
{
	/* 200 x 1,000, spread over the time that the sets take */
	for (int i = 0; i < 200; i++) {
		run_program((intptr_t)arg, 1000);
		nap(2000000);
	}
}

TEST(bpftable, "set --partial changes a field where it lies: what a program counts meanwhile is not lost")
{
	struct key key = {{10, 0, 0, 1}, {0, 53}, 0};
	int fd = typed_new(BPF_MAP_TYPE_HASH, 16, 0), prog;
	struct value value;
	struct child child;
	__u64 k;

	memcpy(&k, &key, 8);
	struct bpf_insn counts[] = {
		LOOKUP(fd, k),
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = 1},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = 6, .src_reg = 1, .imm = BPF_ADD},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0}, {.code = BPF_JMP | BPF_EXIT},
	};

	prog = program(BPF_PROG_TYPE_SCHED_CLS, "counts", counts, COUNT(counts));
	does("set", id_of(fd), KEY, "{packets: 0, comm: a, state: OPEN, delta: 0}");
	child = child_new("counter", 0, count_on, (void *)(intptr_t)prog);
	child_go(&child);
	for (int i = 1; i <= 20; i++)
		does("set", id_of(fd), KEY, text("{delta: %d}", i), "--partial");
	CHECK_EQ(child_wait(&child), 0);
	REQUIRE(!bpf_map_lookup_elem(fd, &key, &value));
	CHECK_EQ(value.packets, 200000);
	CHECK_EQ(value.delta, 20);
	CHECK_STR(value.comm, "a");
}

TEST(bpftable, "a lock is respected and a timer survives when its entry is set")
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	struct { __u32 lock, n; __u64 timer[2]; __u64 m; } value = {};
	struct btf *btf = btf__new_empty();
	int u32 = btf__add_int(btf, "unsigned int", 4, 0), u64 = btf__add_int(btf, "unsigned long", 8, 0), lock, timer, id, fd, prog;
	int two = btf__add_array(btf, u32, u64, 2);
	__u64 key = 5;

	lock = btf__add_struct(btf, "bpf_spin_lock", 4);
	btf__add_field(btf, "val", u32, 0, 0);
	timer = btf__add_struct(btf, "bpf_timer", 16);
	btf__add_field(btf, "opaque", two, 0, 0);
	id = btf__add_struct(btf, "kept", 32);
	btf__add_field(btf, "lock", lock, 0, 0);
	btf__add_field(btf, "n", u32, 32, 0);
	btf__add_field(btf, "timer", timer, 64, 0);
	btf__add_field(btf, "m", u64, 192, 0);
	REQUIRE(id > 0 && !btf__load_into_kernel(btf));
	opts.btf_fd = btf__fd(btf);
	opts.btf_key_type_id = u64;
	opts.btf_value_type_id = id;
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "kept", 8, 32, 8, &opts);
	REQUIRE(fd >= 0);
	struct bpf_insn inits[] = {
		LOOKUP(fd, key),
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 6},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 1, .imm = 8},
		{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = fd}, {},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 1 /* CLOCK_MONOTONIC */},
		{.code = BPF_JMP | BPF_CALL, .imm = 169 /* bpf_timer_init */},
		{.code = BPF_JMP | BPF_EXIT},
	};

	does("set", id_of(fd), "5", "{n: 1, m: 2}");
	refuses(2, "the kernel's own", "set", id_of(fd), "5", "{n: 1, m: 2, lock: {val: 1}}");
	prog = program(BPF_PROG_TYPE_SCHED_CLS, "inits", inits, COUNT(inits));
	/* timers came with 5.15; newer kernels can't allocate them on CPUs without cmpxchg16b, as the VMs' are */
	if (prog >= 0 && run_program(prog, 1) == -ENOMEM)
		prog = -1;
	does("set", id_of(fd), "5", "{n: 3, m: 4}");
	does("set", id_of(fd), "5", "{m: 5}", "--partial");
	CHECK_STR(does("get", id_of(fd), "5", "-j")->out, "{\"key\":5,\"value\":{\"n\":3,\"m\":5}}\n");
	REQUIRE(!bpf_map_lookup_elem(fd, &key, &value));
	CHECK(value.n == 3 && value.m == 5);
	if (prog >= 0) {
		CHECK_EQ(run_program(prog, 1), -EBUSY);		/* it has one already */
		value.n = 9;
		REQUIRE(!bpf_map_update_elem(fd, &key, &value, BPF_ANY));
		CHECK_EQ(run_program(prog, 1), 0);		/* a plain update has dropped it: the check can fail */
	}
}

TEST(bpftable, "a reference to a kernel's object survives when its entry is set")
{
	struct kptr_bpf *skel = kptr_bpf__open();
	struct { __u64 n, task, m; } value = {};
	__u32 key = 5;
	int fd;

	REQUIRE(skel);
	skel->rodata->pid = getpid();
	/* since 6.3 a program of this type may look tasks up */
	if (kptr_bpf__load(skel))
		SKIP("this kernel has no bpf_task_from_pid() for it");
	fd = bpf_map__fd(skel->maps.values);
	does("set", id_of(fd), "5", "{n: 1, m: 2}");
	CHECK_EQ(run_program(bpf_program__fd(skel->progs.keep), 1), 0);
	does("set", id_of(fd), "5", "{n: 3, m: 4}");
	does("set", id_of(fd), "5", "{m: 5}", "--partial");
	refuses(2, "the kernel's own", "set", id_of(fd), "5", "{n: 1, m: 2, task: 0x0}");
	CHECK_STR(does("get", id_of(fd), "5", "-j")->out, "{\"key\":5,\"value\":{\"n\":3,\"m\":5}}\n");
	CHECK_EQ(run_program(bpf_program__fd(skel->progs.keep), 1), getpid());
	/* a plain update drops it: the check can fail */
	REQUIRE(!bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	CHECK_EQ(run_program(bpf_program__fd(skel->progs.drop), 1), 0);
}

TEST(bpftable, "a struct of operations is shown with what was registered, and its state")
{
	static const char available[] = "/proc/sys/net/ipv4/tcp_available_congestion_control";
	struct congestion_bpf *skel = congestion_bpf__open_and_load();
	const char *map, *registered;
	struct bpf_link *link;
	json_t *value, *data;
	struct job *job;

	if (!skel)
		SKIP("this kernel loads no struct_ops: %s", strerror(errno));
	map = id_of(bpf_map__fd(skel->maps.steady));
	CHECK_STR(string(row(does("show", map, "-j")), "type"), "struct_ops");
	link = bpf_map__attach_struct_ops(skel->maps.steady);
	REQUIRE(link);
	job = does("dump", map, "-j");
	refuses(3, "", "set", map, "0", "{}");
	registered = file_text(available);
	/* before anything can end this test: what is registered outlives it */
	does("del", map, "0");
	CHECK_HAS(registered, "corekit_steady");
	CHECK(!strstr(file_text(available), "corekit_steady"));
	REQUIRE(rows(job, IS("key", 0)) == 1);
	value = json_object_get(row(job), "value");
	data = json_object_get(value, "data");
	CHECK_STR(string(data, "name"), "corekit_steady");
	value = json_object_get(value, "common") ?: value; /* since 6.9 */
	CHECK_STR(string(value, "state"), "BPF_STRUCT_OPS_STATE_INUSE");
	bpf_link__destroy(link);
}

TEST(bpftable, "an xskmap takes the sockets that it is for, and gives them back to nobody")
{
	int map = map_new(BPF_MAP_TYPE_XSKMAP, 4, 4, 4, 0), other = socket(AF_INET, SOCK_STREAM, 0), xsk[2];
	__u32 key = 2;

	REQUIRE(map >= 0);
	for (int i = 0; i < 2; i++) {
		__u32 slots = 4;

		REQUIRE((xsk[i] = socket(44 /* AF_XDP */, SOCK_RAW, 0)) >= 0);
		REQUIRE(!setsockopt(xsk[i], 283 /* SOL_XDP */, 2 /* XDP_RX_RING: the newest kernels want one */, &slots, sizeof(slots)));
	}
	does("set", id_of(map), "2", text("%d/%d", getpid(), xsk[0]));
	CHECK(bpf_map_update_elem(map, &key, &xsk[1], BPF_NOEXIST) && errno == EEXIST);
	refuses(3, "doesn't let user space read", "get", id_of(map), "2");
	refuses(3, "AF_XDP", "set", id_of(map), "3", text("%d/%d", getpid(), other));
	does("del", id_of(map), "2");
	CHECK_EQ(bpf_map_update_elem(map, &key, &xsk[1], BPF_NOEXIST), 0);
}

/* --- Reading changes nothing --- */

/* Of 4,096: each CPU keeps some room for itself. */
#define LRU_FILLED 3072
#define LRU_MORE   2560

/* How many of the first and of the second half are still there when more have been put in than there is room for. */
static void age(int fd, int survivors[2])
{
	__u64 value = 0;

	survivors[0] = survivors[1] = 0;
	for (__u64 key = LRU_FILLED; key < LRU_FILLED + LRU_MORE; key++)
		REQUIRE(!bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	for (__u64 key = 0; key < LRU_FILLED; key++)
		survivors[key >= LRU_FILLED / 2] += !bpf_map_lookup_elem(fd, &key, &value);
}

/* An LRU map of which a program has used the entries from `first` on; the others were only put in. */
static int used_from(__u64 first)
{
	struct lru_bpf *skel = lru_bpf__open_and_load();
	int fd = skel ? bpf_map__fd(skel->maps.values) : -1;
	__u64 value = 0;

	REQUIRE(fd >= 0);
	for (__u64 key = 0; key < LRU_FILLED; key++)
		REQUIRE(!bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	skel->bss->next = first;
	CHECK_EQ(run_program(bpf_program__fd(skel->progs.use), LRU_FILLED - first), 0);
	return fd;
}

TEST(bpftable, "reading a map that forgets what is least used doesn't count as use")
{
	int half, read, all, survivors[3][2];

	pin(0); /* what one CPU has put in, another one finds when it needs room */
	half = used_from(LRU_FILLED / 2);
	read = used_from(LRU_FILLED / 2);
	all = used_from(0);
	CHECK_EQ(rows(does("dump", id_of(read), "-j")), LRU_FILLED);
	CHECK_EQ(number(row(does("count", id_of(read), "-j")), "entries"), LRU_FILLED);
	for (int key = 0; key < 20; key++)
		does("get", id_of(read), text(BIG_ENDIAN_HERE ? "hex:%016x" : "hex:%02x00000000000000", key));
	age(half, survivors[0]);
	age(read, survivors[1]);
	age(all, survivors[2]);
	for (int i = 0; i < 3; i++)
		fprintf(stderr, "  %d of the first, %d of the second half\n", survivors[i][0], survivors[i][1]);
	/* nearly all that went was unused; had reading counted, the second pair would be as the third */
	CHECK(survivors[0][1] - survivors[0][0] > 1000);
	CHECK(survivors[1][1] - survivors[1][0] > 1000);
	CHECK(survivors[2][1] - survivors[2][0] < 1000);
}

/* --- What there is --- */

TEST(bpftable, "ls and show: sizes, memory, owners, pins, programs and the layout")
{
	int fd = typed_new(BPF_MAP_TYPE_HASH, 64, BPF_F_NO_PREALLOC), prog;
	struct bpf_insn uses[] = {
		{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = fd}, {},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT},
	};
	const char *pin = pin_at("flows");
	struct job *job;
	json_t *r;

	prog = program(BPF_PROG_TYPE_SOCKET_FILTER, "uses_flows", uses, COUNT(uses));
	REQUIRE(prog >= 0);
	does("pin", id_of(fd), pin);
	does("set", pin, KEY, VALUE);
	r = row(does("show", pin, "-j"));
	CHECK_EQ(number(r, "id"), atoi(id_of(fd) + 3));
	CHECK_STR(string(r, "name"), "flows");
	CHECK_STR(string(r, "flags"), "no_prealloc");
	CHECK_EQ(number(r, "entries"), 1);
	CHECK_EQ(number(r, "max"), 64);
	CHECK_EQ(number(r, "key"), 8);
	CHECK_EQ(number(r, "value"), 24);
	CHECK(number(r, "memory") > 0);
	CHECK_EQ(number(json_array_get(json_object_get(r, "owners"), 0), "pid"), getpid());
	CHECK_STR(json_string_value(json_array_get(json_object_get(r, "pins"), 0)), pin);
	CHECK_STR(string(json_array_get(json_object_get(r, "programs"), 0), "name"), "uses_flows");
	CHECK_EQ(json_array_size(json_object_get(r, "value_layout")), 5);
	CHECK_HAS(json_string_value(json_array_get(json_object_get(r, "value_layout"), 3)), "16        4 bytes   enum state state");
	job = does("ls", "-j");
	CHECK_EQ(rows(job, IS("id", atoi(id_of(fd) + 3)), IS("type", "hash"), IS("name", "flows")), 1);
	CHECK_HAS(does("show", pin, "-f", "text")->out, "__be16 port");
	does("unpin", pin);
	CHECK(access(pin, F_OK) != 0);
	refuses(1, "No such file", "unpin", pin);
	close(open(tmp("plain"), O_CREAT | O_RDWR, 0600));
	refuses(2, "no pin", "unpin", tmp("plain"));
	CHECK(access(tmp("plain"), F_OK) == 0);
	refuses(1, "not in a bpf file system", "pin", id_of(fd), tmp("plain2"));
}

TEST(bpftable, "a name that two maps have is refused with their ids; one that one has is found")
{
	char name[16];
	int a, b;

	snprintf(name, sizeof(name), "n%d", getpid());
	a = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, 4, 1, NULL);
	CHECK_EQ(number(row(does("show", name, "-j")), "id"), atoi(id_of(a) + 3));
	b = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, 4, 1, NULL);
	refuses(2, id_of(b) + 3, "show", name);
	close(a);
	close(b);
}

TEST(bpftable, "create makes what four numbers and flags say, pinned; freeze ends changes")
{
	const char *pin = pin_at("made");
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int fd;

	does("create", "hash", "8", "16", "1000", pin, "--flags", "no_prealloc", "--name", "made_by");
	fd = bpf_obj_get(pin);
	REQUIRE(fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size));
	CHECK_EQ(info.type, BPF_MAP_TYPE_HASH);
	CHECK_EQ(info.key_size, 8);
	CHECK_EQ(info.value_size, 16);
	CHECK_EQ(info.max_entries, 1000);
	CHECK_EQ(info.map_flags, BPF_F_NO_PREALLOC);
	CHECK_STR(info.name, "made_by");
	refuses(1, "exists", "create", "hash", "8", "16", "1000", pin);
	refuses(2, "no type of map", "create", "nonsense", "8", "16", "1000", pin_at("x"));
	refuses(3, "refuses", "create", "array", "8", "16", "1000", pin_at("x"));
	refuses(2, "key", "create", "hash", "x", "16", "1000", pin_at("x"));
	refuses(2, "no flag", "create", "hash", "8", "8", "8", pin_at("x"), "--flags", "nonsense");
	CHECK(access(pin_at("x"), F_OK) != 0);
	does("create", "array", "u32", "u64", "4", pin_at("typed"));
	does("set", pin_at("typed"), "3", "18446744073709551615");
	CHECK_STR(does("get", pin_at("typed"), "3", "-j")->out, "{\"key\":3,\"value\":18446744073709551615}\n");
	does("freeze", pin_at("typed"));
	CHECK(json_is_true(json_object_get(row(does("show", pin_at("typed"), "-j")), "frozen")));
	refuses(3, "frozen", "set", pin_at("typed"), "3", "1");
	refuses(3, "frozen", "load", pin_at("typed"), "/dev/null");
	refuses(3, "frozen", "freeze", pin_at("typed"));
	CHECK_EQ(rows(does("dump", pin_at("typed"), "-j", "--where", "value == 0")), 3);
}

static const char *sample(void)
{
	return object_file("sample.bpf.o", sample_bpf__elf_bytes);
}

TEST(bpftable, "check shows both layouts when a map is not as an object has it; one made by the object's types is")
{
	const char *object = sample(), *of = text("%s:latencies", object), *pin = pin_at("latencies");
	int fd = typed_new(BPF_MAP_TYPE_HASH, 64, 0);
	struct job *job = table("check", id_of(fd), of, "-j");

	CHECK_EQ(job->status, 1);
	CHECK_EQ(rows(job, IS("what", "max entries"), IS("pinned", "64"), IS("object", "16")), 1);
	CHECK_EQ(rows(job, IS("what", "value size"), IS("pinned", "24"), IS("object", "32")), 1);
	CHECK_EQ(rows(job, IS("what", "value")), 1);
	job = table("check", id_of(fd), of);
	CHECK_EQ(job->status, 1);
	CHECK_HAS(job->out, "in the map:");
	CHECK_HAS(job->out, "__be16 port");
	CHECK_HAS(job->out, "in the object:");
	CHECK_HAS(job->out, "[8] slots");
	refuses(2, "no map 'nonsense'", "check", id_of(fd), text("%s:nonsense", object));
	refuses(2, "no BPF object", "check", id_of(fd), "/dev/null");

	does("create", "hash", "8", "32", "16", pin, "--type", of);
	CHECK_STR(does("check", pin, object, "-j")->out, "");
	does("set", pin, "disk", "{slots: [1, 2, 3, 4, 5, 6, 7, 8]}");
	CHECK_STR(does("dump", pin, "-j")->out, "{\"key\":\"disk\",\"value\":{\"slots\":[1,2,3,4,5,6,7,8]}}\n");
	refuses(2, "no map and no type", "create", "hash", "8", "32", "16", pin_at("x"), "--type", text("%s:nonsense", object));
}

static void may_read(void *arg)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);

	_exit(bpf_obj_get_opts(arg, &opts) < 0);
}

TEST(bpftable, "reading asks for no right to write: a pin that may be read is enough")
{
	int fd = map_new(BPF_MAP_TYPE_ARRAY, 4, 4, 2, 0);
	const char *pin = pin_at("readable");
	struct child child;
	struct job *job;

	does("pin", id_of(fd), pin);
	REQUIRE(!chmod(tmp(NULL), 0755) && !chmod(tmp("bpf"), 0755) && !chmod(pin, 0444));
	child = child_new(NULL, 65534, may_read, (void *)pin);
	child_go(&child);
	if (child_wait(&child))
		SKIP("this kernel lets nobody but root use a pin");
	job = run_as(65534, "corekit", "bpftable", "dump", pin, "-j", "-q");
	job->json = true;
	CHECK_STR(job->err, "");
	CHECK_EQ(rows(job), 2);
	job = run_as(65534, "corekit", "bpftable", "set", pin, "1", "hex:01000000");
	CHECK(job->status == 1 || job->status == 3);
	CHECK_EQ(lines(job->err), 1);
}

TEST(bpftable, "who may not use BPF is told so")
{
	struct job *job = run_as(65534, "corekit", "bpftable", "dump", "id:1");

	CHECK_EQ(job->status, 3);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "root");
}

/* --- What runs on --- */

TEST(bpftable, "watch shows what came, went and changed, and how fast")
{
	int fd = typed_new(BPF_MAP_TYPE_HASH, 64, 0);
	struct value value = {.packets = 100};
	struct key kept = {{1, 1, 1, 1}, {0, 1}, 0}, gone = {{2, 2, 2, 2}, {0, 2}, 0}, come = {{3, 3, 3, 3}, {0, 3}, 0}, still = {{4, 4, 4, 4}, {0, 4}, 0};
	uint64_t start = now_ns();
	struct job *job;
	double rate;

	REQUIRE(!bpf_map_update_elem(fd, &kept, &value, 0) && !bpf_map_update_elem(fd, &gone, &value, 0) && !bpf_map_update_elem(fd, &still, &value, 0));
	job = tool_start("bpftable", "watch", id_of(fd), "-i", "100ms", "-N", "3");
	value.packets = 1100;
	REQUIRE(!bpf_map_update_elem(fd, &kept, &value, 0) && !bpf_map_update_elem(fd, &come, &value, 0) && !bpf_map_delete_elem(fd, &gone));
	tool_wait(job);
	CHECK_EQ(rows(job), 3);
	CHECK_EQ(rows(job, IS("change", "+")), 1);
	CHECK_EQ(rows(job, IS("change", "-")), 1);
	CHECK_STR(string(json_object_get(row(job, IS("change", "~")), "key"), "src"), "1.1.1.1");
	/* by 1,000, between two readings: the second comes early when the first was late */
	rate = json_number_value(json_object_get(json_object_get(row(job, IS("change", "~")), "rate"), "packets"));
	CHECK(rate > 1000 * 1e9 / (now_ns() - start));
	CHECK_EQ(number(json_object_get(row(job, IS("change", "~")), "rate"), "delta"), 0);
}

TEST(bpftable, "top sorts by any number, or by its rate; hist counts them")
{
	int fd = typed_new(BPF_MAP_TYPE_HASH, 64, 0);
	struct job *job;
	json_t *r;
	size_t at = 0;

	for (int i = 0; i < 32; i++) {
		struct key key = {{1, 1, 1, i}, {0, i}, 0};
		struct value value = {.packets = 1 << i % 8, .delta = -i};

		REQUIRE(!bpf_map_update_elem(fd, &key, &value, 0));
	}
	job = does("top", id_of(fd), "-j", "-N", "1", "-r", "5", "--by", "delta");
	CHECK_EQ(rows(job), 5);
	for (int i = 0; (r = row_next(job, &at, WHERE())); i++)
		CHECK_EQ(number(r, "by"), -i);
	job = does("top", id_of(fd), "-j", "-N", "1", "--by", "port", "-r", "1");
	CHECK_EQ(number(row(job), "by"), 31);
	job = tool_start("bpftable", "top", id_of(fd), "-N", "1", "-i", "300ms", "--rate", "-r", "1");
	does("set", id_of(fd), "{src: 1.1.1.9, port: 9}", "{packets: 1000000}", "--partial");
	tool_wait(job);
	CHECK_STR(string(json_object_get(row(job), "key"), "src"), "1.1.1.9");
	job = does("hist", id_of(fd), "-j", "--by", "packets");
	CHECK_EQ(number(row(job), "count"), 32);
	CHECK_EQ(number(row(job), "sum"), 4 * 255 - 2 + 1000000);
}

TEST(bpftable, "follow shows the records of a ring buffer and of a perf event array, by the type that is named")
{
	int ring = map_new(BPF_MAP_TYPE_RINGBUF, 0, 0, 65536, 0), perf = map_new(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, libbpf_num_possible_cpus(), 0);
	struct bpf_insn to_ring[] = {
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8, .imm = 4711},
		{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = ring}, {},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10}, {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 8}, {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ringbuf_output},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0}, {.code = BPF_JMP | BPF_EXIT},
	}, to_perf[] = {
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8, .imm = 4711},
		{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = perf}, {},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 4, .src_reg = 10}, {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 4, .imm = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 5, .imm = 8},
		{.code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = 3, .imm = -1},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_perf_event_output},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0}, {.code = BPF_JMP | BPF_EXIT},
	};
	int progs[] = {program(BPF_PROG_TYPE_SCHED_CLS, "to_ring", to_ring, COUNT(to_ring)), program(BPF_PROG_TYPE_SCHED_CLS, "to_perf", to_perf, COUNT(to_perf))};

	for (int i = 0; i < 2; i++) {
		struct job *job = tool_start("bpftable", "follow", id_of(i ? perf : ring), "--type", ":u64", "-N", "5");

		for (int j = 0; j < 5; j++)
			run_program(progs[i], 1);
		tool_wait(job);
		CHECK_EQ(rows(job, IS("record", 4711)), 5);
	}
	refuses(3, "dump and watch", "follow", id_of(map_new(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0)));
	refuses(2, "no map and no type", "follow", id_of(ring), "--type", ":no_such_type_at_all");
}

/* --- Others' word --- */

TEST(bpftable, "--type lends types to a map without BTF; --as says how its fields look")
{
	int fd = map_new(BPF_MAP_TYPE_HASH, 4, 8, 8, 0);
	const char *map = id_of(fd);

	does("set", map, "hex:0a000001", "hex:0102030405060708");
	CHECK_STR(does("dump", map, "-j")->out, "{\"key\":\"hex:0a000001\",\"value\":\"hex:0102030405060708\"}\n");
	CHECK_STR(does("dump", map, "-j", "--as", "key=ip4")->out, "{\"key\":\"10.0.0.1\",\"value\":\"hex:0102030405060708\"}\n");
	CHECK_STR(does("dump", map, "-j", "--as", "key=ip4,value=be64")->out, "{\"key\":\"10.0.0.1\",\"value\":72623859790382856}\n");
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0) {
		CHECK_STR(does("dump", map, "-j", "--type", ":u64", "--key-type", ":__be32")->out,
			  BIG_ENDIAN_HERE ? "{\"key\":\"10.0.0.1\",\"value\":72623859790382856}\n"
					  : "{\"key\":\"10.0.0.1\",\"value\":578437695752307201}\n");
		does("set", map, "10.0.0.2", "7", "--type", ":u64", "--key-type", ":__be32");
		refuses(2, "not 8", "dump", map, "--type", ":u32");
	}
}

TEST(bpftable, "bpftool reads the same bytes")
{
	struct value value;
	struct key key;
	int fd = typed_new(BPF_MAP_TYPE_HASH, 64, 0), seen = 0;
	struct job *job;
	json_error_t error;
	json_t *list, *one;
	size_t i;

	if (run("sh", "-c", "command -v bpftool")->status)
		SKIP("bpftool is not installed here");
	for (int i = 0; i < 40; i++) {
		key = (struct key){{i, 255 - i, 7, i * 3}, {i, 2 * i}, 0};
		value = (struct value){.packets = 1ULL << (i + 10) | i, .comm = "text", .state = 7, .delta = -i};
		REQUIRE(!bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	}
	job = run("bpftool", "-j", "map", "dump", "id", id_of(fd) + 3);
	list = json_loads(job->out, 0, &error);
	REQUIRE(list);
	json_array_foreach(list, i, one) {
		struct job *mine;
		json_t *bytes = json_object_get(one, "key");

		for (size_t b = 0; b < sizeof(key); b++)
			((__u8 *)&key)[b] = strtoul(json_string_value(json_array_get(bytes, b)), NULL, 16);
		bytes = json_object_get(one, "value");
		for (size_t b = 0; b < sizeof(value); b++)
			((__u8 *)&value)[b] = strtoul(json_string_value(json_array_get(bytes, b)), NULL, 16);
		mine = does("get", id_of(fd), text("hex:%02x%02x%02x%02x%02x%02x%02x%02x", key.src[0], key.src[1], key.src[2], key.src[3], key.port[0], key.port[1], key.pad & 255, key.pad >> 8), "-j");
		CHECK_HAS(mine->out, text("\"src\":\"%d.%d.%d.%d\",\"port\":%d", key.src[0], key.src[1], key.src[2], key.src[3], key.port[0] << 8 | key.port[1]));
		CHECK_HAS(mine->out, text("\"packets\":%llu,", value.packets));
		CHECK_HAS(mine->out, text("\"delta\":%d", value.delta));
		seen++;
	}
	CHECK_EQ(seen, 40);
}

/* --- Speed --- */

struct cost {
	double cpu;	/* seconds of it, which others on the machine don't change much */
	long memory;	/* KiB */
};

static struct cost cost_of(const char *const *argv)
{
	struct rusage usage;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	REQUIRE(wait4(pid, &status, 0, &usage) == pid && status == 0);
	return (struct cost){usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6, usage.ru_maxrss};
}

static int many(__u32 n)
{
	int fd = typed_new(BPF_MAP_TYPE_HASH, n, 0);
	struct key *keys = calloc(n, sizeof(*keys));
	struct value *values = calloc(n, sizeof(*values));
	__u32 count = n;

	for (__u32 i = 0; i < n; i++) {
		keys[i] = (struct key){{10, i >> 16, i >> 8, i}, {0, 53}, 0};
		values[i] = (struct value){.packets = i * 1000ULL, .comm = "some", .state = 7, .delta = i};
	}
	REQUIRE(!bpf_map_update_batch(fd, keys, values, &count, NULL));
	free(keys);
	free(values);
	return fd;
}

TEST(bpftable, "a large map takes no more memory than a small one, and a third of bpftool's time at most", .timeout = 200)
{
	__u32 n = slow() > 1 ? 30000 : 300000;
	int small = many(1000), large = many(n);
	struct cost one, all, other;

	one = cost_of(ARGV(corekit_path, "bpftable", "dump", "-j", id_of(small)));
	all = cost_of(ARGV(corekit_path, "bpftable", "dump", "-j", id_of(large)));
	CHECK_BETWEEN(0, all.memory, one.memory + 4096);
	if (run("sh", "-c", "command -v bpftool")->status)
		return;
	other = cost_of(ARGV("bpftool", "-j", "map", "dump", "id", id_of(large) + 3));
	fprintf(stderr, "  bpftable %.2f s, %ld KiB; bpftool %.2f s, %ld KiB\n", all.cpu, all.memory, other.cpu, other.memory);
	CHECK_BETWEEN(0, all.cpu, other.cpu / 3);
}
