// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What maps cost: ns of a look-up, an update, an insertion and a deletion, by type, size and CPUs at work. See usage(). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#include "code.h"

#define MOST_CPUS   64
#define MOST_ROUNDS 101

enum op { NOTHING, LOOKUP, UPDATE, INSERT, DELETE, OPS_N };
static const char *const op_names[] = {"nothing", "lookup", "update", "insert", "delete"};

static const struct type {
	const char *name;
	enum bpf_map_type type;
	bool array, per_cpu, prefix, of_task;
	int room;		/* times the entries: an LRU list throws out before it is full */
} types[] = {
	{"array", BPF_MAP_TYPE_ARRAY, .array = true, .room = 1},
	{"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, .array = true, .per_cpu = true, .room = 1},
	{"hash", BPF_MAP_TYPE_HASH, .room = 2},
	{"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, .per_cpu = true, .room = 2},
	{"lru_hash", BPF_MAP_TYPE_LRU_HASH, .room = 2},
	{"lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, .per_cpu = true, .room = 2},
	{"lpm_trie", BPF_MAP_TYPE_LPM_TRIE, .prefix = true, .room = 1},
	{"task_storage", BPF_MAP_TYPE_TASK_STORAGE, .of_task = true, .room = 1},
};

static int rounds = 11, json;
static int n_cpus, value_size;

struct result {
	double bpf, single, batch;	/* ns of one; below 0: there is no such thing */
};

static int map_new(const struct type *t, int entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	struct btf *btf = NULL;
	int fd, type;

	if (t->prefix || t->of_task)
		opts.map_flags = BPF_F_NO_PREALLOC;
	if (t->of_task) {
		btf = btf__new_empty();
		type = btf ? btf__add_int(btf, "int", 4, BTF_INT_SIGNED) : -1;
		if (type < 0 || btf__add_int(btf, "long", 8, BTF_INT_SIGNED) < 0 || btf__load_into_kernel(btf))
			return -EINVAL;
		opts.btf_fd = btf__fd(btf);
		opts.btf_key_type_id = type;
		opts.btf_value_type_id = type + 1;
	}
	fd = bpf_map_create(t->type, "measured", t->prefix ? 8 : 4, 8, t->of_task ? 0 : entries * t->room, &opts);
	btf__free(btf);
	return fd;
}

/* Look-ups and updates go all over the map, the others along it. */
static void put_key(struct code *c, const struct type *t, int entries, bool random)
{
	if (random) {
		put(c, BPF_ALU | BPF_MUL | BPF_K, 6, 0, 0, 1664525);
		put(c, BPF_ALU | BPF_ADD | BPF_K, 6, 0, 0, 1013904223);
		put_copy(c, 1, 6);
		put(c, BPF_ALU64 | BPF_RSH | BPF_K, 1, 0, 0, 7);
	} else {
		put(c, BPF_ALU64 | BPF_ADD | BPF_K, 6, 0, 0, 1);
		put_copy(c, 1, 6);
	}
	put(c, BPF_ALU64 | BPF_AND | BPF_K, 1, 0, 0, entries - 1);
	if (t->prefix)	/* its bytes are compared from the first on */
		put(c, BPF_ALU | BPF_END | BPF_TO_BE, 1, 0, 0, 32);
	put(c, BPF_STX | BPF_MEM | BPF_W, 10, 1, -4, 0);
}

static int program(const struct type *t, enum op op, int map, int entries, int state, bool random)
{
	static const int helpers[] = {0, BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem, BPF_FUNC_map_update_elem,
				      BPF_FUNC_map_delete_elem};
	struct code *c = calloc(1, sizeof(*c));
	int fd;

	put_begin(c, state);
	put(c, BPF_ST | BPF_MEM | BPF_W, 10, 0, -8, 32);	/* of an LPM key */
	put(c, BPF_ST | BPF_MEM | BPF_DW, 10, 0, -16, 1);
	if (t->of_task) {
		put_call(c, BPF_FUNC_get_current_task_btf);
		put_copy(c, 9, 0);
	}
	for (int i = 0; i < OPS; i++) {
		if (!t->of_task)
			put_key(c, t, entries, random);
		if (op == NOTHING)
			continue;
		put_map(c, 1, BPF_PSEUDO_MAP_FD, map);
		if (t->of_task) {
			put_copy(c, 2, 9);
			put_value(c, 3, 0);
			put_value(c, 4, BPF_LOCAL_STORAGE_GET_F_CREATE);	/* the first time only */
			put_call(c, BPF_FUNC_task_storage_get);
			continue;
		}
		put_stack(c, 2, t->prefix ? -8 : -4);
		if (op == UPDATE || op == INSERT) {
			put_stack(c, 3, -16);
			put_value(c, 4, BPF_ANY);
		}
		put_call(c, helpers[op]);
	}
	put_end(c);
	fd = load(c, op_names[op]);
	free(c);
	return fd;
}

static void key_of(const struct type *t, uint32_t key, void *to)
{
	uint32_t parts[2] = {32, t->prefix ? __builtin_bswap32(key) : key};

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	parts[1] = key;
#endif
	memcpy(to, t->prefix ? parts : parts + 1, t->prefix ? 8 : 4);
}

static void fill(const struct type *t, int map, int entries)
{
	void *value = calloc(1, value_size);
	char key[8];

	for (int i = 0; i < entries && !t->of_task; i++) {
		key_of(t, i, key);
		bpf_map_update_elem(map, key, value, BPF_ANY);
	}
	free(value);
}

static void empty(const struct type *t, int map, int entries)
{
	char key[8];

	for (int i = 0; i < entries; i++) {
		key_of(t, i, key);
		bpf_map_delete_elem(map, key);
	}
}

struct worker {
	pthread_t thread;
	const struct type *type;
	pthread_barrier_t *start;
	int cpu, map, entries, program[OPS_N], state;
	uint64_t number;
	enum op op;
	double ns;
	int error;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(w->cpu, &cpus);
	w->error = sched_setaffinity(0, sizeof(cpus), &cpus) ? -errno : 0;
	state_set(w->state, (struct state){.number = w->number});
	pthread_barrier_wait(w->start);
	/* keys that are inserted and deleted are a part of the map for each, and may be no more than 1,000 */
	for (int i = 0; i < (w->op < INSERT ? 3 : 1) && !w->error; i++)
		w->error = run_once(w->program[w->op]);
	w->ns = (double)state_of(w->state).took / OPS / (w->op < INSERT ? 3 : 1);
	return NULL;
}

static int together(struct worker *workers, int n, enum op op, double *ns)
{
	pthread_barrier_t start;
	int error = 0;

	*ns = 0;
	pthread_barrier_init(&start, NULL, n);
	for (int i = 0; i < n; i++) {
		workers[i].op = op;
		workers[i].start = &start;
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (int i = 0; i < n; i++) {
		pthread_join(workers[i].thread, NULL);
		error = error ?: workers[i].error;
		*ns += workers[i].ns / n;
	}
	pthread_barrier_destroy(&start);
	return error;
}

static double single(const struct type *t, enum op op, int map, int entries)
{
	void *value = calloc(1, value_size);
	uint64_t began = now();
	uint32_t at = began;
	int error = 0;
	char key[8];

	for (int i = 0; i < OPS && !error; i++) {
		if (op == INSERT || op == DELETE)
			key_of(t, i & (entries - 1), key);
		else
			key_of(t, ((at = at * 1664525 + 1013904223) >> 7) & (entries - 1), key);
		error = op == LOOKUP ? bpf_map_lookup_elem(map, key, value) :
			op == DELETE ? bpf_map_delete_elem(map, key) : bpf_map_update_elem(map, key, value, BPF_ANY);
	}
	began = now() - began;
	free(value);
	return error ? -1 : (double)began / OPS;
}

static double batch(const struct type *t, enum op op, int map)
{
	char *keys = calloc(OPS, 8), *values = calloc(OPS, value_size);
	__u32 count = OPS, token[2];
	uint64_t began;
	int error;

	for (int i = 0; i < OPS; i++)
		key_of(t, i, keys + i * (t->prefix ? 8 : 4));
	began = now();
	error = op == LOOKUP ? bpf_map_lookup_batch(map, NULL, token, keys, values, &count, NULL) :
		op == DELETE ? bpf_map_delete_batch(map, keys, &count, NULL) : bpf_map_update_batch(map, keys, values, &count, NULL);
	began = now() - began;
	free(keys);
	free(values);
	return (error && error != -ENOENT) || !count ? -1 : (double)began / count;
}

static int measure(const struct type *t, int entries, int cpus, struct result *results)
{
	static double bpf[OPS_N][MOST_ROUNDS], singles[OPS_N][MOST_ROUNDS], batches[OPS_N][MOST_ROUNDS];
	static const enum op order[] = {NOTHING, LOOKUP, UPDATE, DELETE, INSERT};
	struct worker workers[MOST_CPUS] = {};
	int map = map_new(t, entries), error = map < 0 ? map : 0;

	value_size = t->per_cpu ? 8 * n_cpus : 8;
	if (!error)
		fill(t, map, entries);
	for (int i = 0; i < cpus && !error; i++) {
		struct worker *w = &workers[i];

		*w = (struct worker){.type = t, .cpu = i, .map = map, .entries = entries, .state = state_new(),
				     .number = (uint64_t)entries / cpus * i};
		for (int op = 0; op < OPS_N; op++) {
			if (t->array && (op == INSERT || op == DELETE))
				continue;
			if (t->of_task && op > LOOKUP)
				continue;
			w->program[op] = program(t, op, map, entries, w->state, op == NOTHING || op == LOOKUP || op == UPDATE);
			if (w->program[op] < 0)
				error = w->program[op];
		}
	}
	/* Each round deletes what the one before has inserted, so that all are there again. */
	for (int r = 0; r < rounds && !error; r++)
		for (size_t i = 0; i < sizeof(order) / sizeof(*order) && !error; i++) {
			enum op op = order[i];

			bpf[op][r] = singles[op][r] = batches[op][r] = -1;
			if (!workers[0].program[op])
				continue;
			error = together(workers, cpus, op, &bpf[op][r]);
			if (cpus > 1 || op == NOTHING || t->of_task)
				continue;
			for (int way = 0; way < 2; way++) {
				if (op == DELETE)
					fill(t, map, OPS);
				if (op == INSERT)
					empty(t, map, OPS);
				if (way)
					singles[op][r] = single(t, op, map, entries);
				else
					batches[op][r] = batch(t, op, map);
			}
			if (op == INSERT)
				fill(t, map, OPS + 1);
		}
	for (int op = LOOKUP; op < OPS_N && !error; op++) {
		double nothing = t->of_task ? 0 : median(bpf[NOTHING], rounds);

		results[op].bpf = workers[0].program[op] ? median(bpf[op], rounds) - nothing : -1;
		results[op].single = median(singles[op], rounds);
		results[op].batch = median(batches[op], rounds);
	}
	for (int i = 0; i < cpus; i++) {
		for (int op = 0; op < OPS_N; op++)
			if (workers[i].program[op] > 0)
				close(workers[i].program[op]);
		if (workers[i].state > 0)
			close(workers[i].state);
	}
	if (map >= 0)
		close(map);
	return error;
}

static void show_one(const char *name, double ns)
{
	if (json && ns >= 0)
		printf(",\"%s\":%.1f", name, ns);
	else if (json)
		printf(",\"%s\":null", name);
	else if (ns >= 0)
		printf(" %10.1f", ns);
	else
		printf(" %10s", "-");
}

static void show(const struct type *t, int entries, int cpus, const struct result *results)
{
	for (int op = LOOKUP; op < OPS_N; op++) {
		if (results[op].bpf < 0 && results[op].single < 0)
			continue;
		if (json)
			printf("{\"map\":\"%s\",\"entries\":%d,\"cpus\":%d,\"op\":\"%s\"", t->name, entries, cpus, op_names[op]);
		else
			printf("%-16s %8d %5d  %-7s", t->name, entries, cpus, op_names[op]);
		show_one("bpf_ns", results[op].bpf);
		show_one("syscall_ns", results[op].single);
		show_one("batch_ns", results[op].batch);
		printf(json ? "}\n" : "\n");
	}
	fflush(stdout);
}

static void usage(void)
{
	printf("Usage: maps [--quick] [--json] [TYPE]...\n"
	       "\n"
	       "What maps cost, in ns for one of 1,000 operations in a row: from a BPF program (less what making up the key costs),\n"
	       "by a system call for each, and by one for all of them. Look-ups and updates are of keys all over the map, insertions\n"
	       "and deletions of keys along it. With several CPUs all work on the same map at a time. Medians of 11 rounds (3).\n"
	       "Keys of 4 bytes, values of 8; a map has as many entries as it says.\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"quick", no_argument, NULL, 'q'}, {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {}};
	int sizes[] = {4096, 65536, 1048576}, n_sizes = 3, c, failed = 0;

	while ((c = getopt_long(argc, argv, "qjh", options, NULL)) != -1)
		switch (c) {
		case 'q': rounds = 3; n_sizes = 2; break;
		case 'j': json = true; break;
		case 'h': return usage(), 0;
		default: return 2;
		}
	n_cpus = libbpf_num_possible_cpus();
	if (!json)
		printf("%-16s %8s %5s  %-7s %10s %10s %10s\n", "MAP", "ENTRIES", "CPUS", "OP", "BPF_NS", "SYSCALL_NS", "BATCH_NS");
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		bool wanted = optind == argc;

		for (int j = optind; j < argc; j++)
			wanted |= !strcmp(argv[j], types[i].name);
		for (int s = 0; s < n_sizes && wanted; s++)
			for (int cpus = 1; cpus <= n_cpus && cpus <= MOST_CPUS; cpus *= 2) {
				struct result results[OPS_N] = {};
				int entries = types[i].of_task ? 1 : sizes[s], error;

				error = types[i].of_task && s ? 0 : measure(&types[i], entries, cpus, results);
				if (error)
					fprintf(stderr, "maps: %s: %s\n", types[i].name, strerror(-error));
				else if (!types[i].of_task || !s)
					show(&types[i], entries, cpus, results);
				failed |= !!error;
			}
	}
	return failed;
}
