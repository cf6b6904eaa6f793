// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/map.c: every entry of a map, once, also while it changes. */
#include <pthread.h>
#include "unit.h"

#define STAY 3000	/* keys that stay, from 0 */
#define CHURN 2000	/* keys beyond them, which come and go */

static int possible;

static int map_new(enum bpf_map_type type, size_t key_size, size_t value_size, unsigned int entries, unsigned int flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd = bpf_map_create(type, "unit", key_size, value_size, entries, &opts);

	/* older kernels take no keys that don't fit their stack */
	REQUIRE(fd >= 0 || (errno == E2BIG && key_size > 512));
	possible = libbpf_num_possible_cpus();
	return fd;
}

/* Keys of any size begin with their number; the value is made from it, so that a mix-up shows. */
struct seen {
	size_t value_size;
	bool per_cpu;
	unsigned int times[STAY + CHURN], wrong, calls, stop_after;
};

static int see(void *ctx, const void *key, void *value)
{
	struct seen *seen = ctx;
	size_t room = (seen->value_size + 7) & ~(size_t)7;
	__u32 n = *(const __u32 *)key;

	if (n >= STAY + CHURN || ++seen->times[n] == 0) {
		seen->wrong++;
		return 0;
	}
	for (int cpu = 0; cpu < (seen->per_cpu ? possible : 1); cpu++)
		if (n < STAY && *(__u32 *)((char *)value + cpu * room) != n * 3 + cpu)
			seen->wrong++;
	return ++seen->calls == seen->stop_after ? -EXDEV : 0;
}

static void fill(int fd, size_t key_size, size_t value_size, bool per_cpu)
{
	size_t room = (value_size + 7) & ~(size_t)7;
	char *key = calloc(1, key_size), *value = calloc(possible, room);

	for (__u32 n = 0; n < STAY; n++) {
		memcpy(key, &n, sizeof(n));
		for (int cpu = 0; cpu < (per_cpu ? possible : 1); cpu++)
			*(__u32 *)(value + cpu * room) = n * 3 + cpu;
		REQUIRE(bpf_map_update_elem(fd, key, value, BPF_ANY) == 0);
	}
	free(key);
	free(value);
}

static struct seen *each(int fd, size_t value_size, bool per_cpu)
{
	static struct seen seen;

	seen = (struct seen){.value_size = value_size, .per_cpu = per_cpu};
	CHECK_EQ(map_each(fd, see, &seen), 0);
	CHECK_EQ(seen.wrong, 0);
	return &seen;
}

static bool all_once(const struct seen *seen)
{
	static __u64 restarts;
	int missing = 0, twice = 0;

	for (int n = 0; n < STAY; n++) {
		missing += !seen->times[n];
		twice += seen->times[n] > 1;
	}
	CHECK_EQ(missing, 0);
	if (map_restarts != restarts)	/* then some may be seen twice */
		twice = 0;
	restarts = map_restarts;
	return CHECK_EQ(twice, 0) && !missing;
}

static const struct {
	enum bpf_map_type type;
	size_t key_size, value_size;
	bool per_cpu;
	unsigned int flags;
} kinds[] = {
	{BPF_MAP_TYPE_HASH, 4, 4, false, 0},
	{BPF_MAP_TYPE_HASH, 8, 24, false, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_HASH, 64, 12, false, 0},
	{BPF_MAP_TYPE_HASH, 200, 8, false, 0},
	{BPF_MAP_TYPE_HASH, 520, 8, false, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_LRU_HASH, 16, 8, false, 0},
	{BPF_MAP_TYPE_PERCPU_HASH, 4, 4, true, 0},
	{BPF_MAP_TYPE_PERCPU_HASH, 72, 20, true, 0},
	{BPF_MAP_TYPE_ARRAY, 4, 12, false, 0},
	{BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, true, 0},
};

TEST(map, "each entry of a map is seen once, of every kind of map, key and value")
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		bool array = kinds[k].type == BPF_MAP_TYPE_ARRAY || kinds[k].type == BPF_MAP_TYPE_PERCPU_ARRAY;
		int fd = map_new(kinds[k].type, kinds[k].key_size, kinds[k].value_size,
				 array ? STAY : 4 * (STAY + CHURN), kinds[k].flags);

		if (fd < 0)
			continue;
		if (!array)
			CHECK_EQ(each(fd, kinds[k].value_size, kinds[k].per_cpu)->calls, 0);
		fill(fd, kinds[k].key_size, kinds[k].value_size, kinds[k].per_cpu);
		if (!all_once(each(fd, kinds[k].value_size, kinds[k].per_cpu)))
			fprintf(stderr, "  map %zu\n", k);
		close(fd);
	}
}

TEST(map, "values of many kilobytes, as a histogram's, are read as well")
{
	const size_t size = 100000;
	int fd = map_new(BPF_MAP_TYPE_HASH, 4, size, 100, 0);
	char *value = calloc(1, size);
	struct seen *seen;

	for (__u32 n = 0; n < 50; n++) {
		*(__u32 *)value = n * 3;
		REQUIRE(bpf_map_update_elem(fd, &n, value, BPF_ANY) == 0);
	}
	seen = each(fd, size, false);
	CHECK_EQ(seen->calls, 50);
	for (int n = 0; n < 50; n++)
		CHECK_EQ(seen->times[n], 1);
}

TEST(map, "a bucket that holds more than a batch is read whole")
{
	/* two buckets */
	int fd = map_new(BPF_MAP_TYPE_HASH, 4, 4, 2, BPF_F_NO_PREALLOC), many;

	CHECK_EQ(each(fd, 4, false)->calls, 0);
	close(fd);
	many = map_new(BPF_MAP_TYPE_HASH, 4, 4, STAY, 0);
	fill(many, 4, 4, false);
	all_once(each(many, 4, false));
}

TEST(map, "what the callback returns ends the walk and is handed on")
{
	for (size_t k = 0; k < 4; k++) {
		struct seen seen = {.value_size = kinds[k].value_size, .stop_after = 700};
		int fd = map_new(kinds[k].type, kinds[k].key_size, kinds[k].value_size, STAY, kinds[k].flags);

		fill(fd, kinds[k].key_size, kinds[k].value_size, false);
		CHECK_EQ(map_each(fd, see, &seen), -EXDEV);
		CHECK_EQ(seen.calls, 700);
		close(fd);
	}
	CHECK(map_each(-1, see, NULL) < 0);
}

static struct churn {
	int fd;
	size_t key_size;
	bool stop;
	unsigned long rounds;
} churn;

static void *come_and_go(void *arg)
{
	char *key = calloc(1, churn.key_size), *value = calloc(possible, 64);
	__u64 state = (__u64)(uintptr_t)arg;

	while (!__atomic_load_n(&churn.stop, __ATOMIC_RELAXED)) {
		__u32 n;

		state = state * 6364136223846793005 + 1442695040888963407;
		n = STAY + (state >> 33) % CHURN;
		memcpy(key, &n, sizeof(n));
		if (state >> 63)
			bpf_map_delete_elem(churn.fd, key);
		else
			bpf_map_update_elem(churn.fd, key, value, BPF_ANY);
		__atomic_fetch_add(&churn.rounds, 1, __ATOMIC_RELAXED);
	}
	free(key);
	free(value);
	return NULL;
}

TEST(map, "each entry that stays is seen once, while others come and go", .timeout = 120)
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		uint64_t end = now_ns() + 1000000000;
		pthread_t threads[2];
		int walks = 0;

		if (kinds[k].type == BPF_MAP_TYPE_ARRAY || kinds[k].type == BPF_MAP_TYPE_PERCPU_ARRAY ||
		    kinds[k].type == BPF_MAP_TYPE_LRU_HASH)
			continue;
		churn = (struct churn){map_new(kinds[k].type, kinds[k].key_size, kinds[k].value_size, STAY + CHURN + 1000,
					       kinds[k].flags),
				       kinds[k].key_size, false, 0};
		if (churn.fd < 0)
			continue;
		fill(churn.fd, kinds[k].key_size, kinds[k].value_size, kinds[k].per_cpu);
		for (uintptr_t t = 0; t < 2; t++)
			REQUIRE(pthread_create(&threads[t], NULL, come_and_go, (void *)(t + 1)) == 0);
		do
			if (!all_once(each(churn.fd, kinds[k].value_size, kinds[k].per_cpu))) {
				fprintf(stderr, "  map %zu, walk %d\n", k, walks);
				break;
			}
		while (++walks < 3 || now_ns() < end);
		__atomic_store_n(&churn.stop, true, __ATOMIC_RELAXED);
		for (int t = 0; t < 2; t++)
			pthread_join(threads[t], NULL);
		CHECK(churn.rounds > 0);
		close(churn.fd);
	}
}

static bool lpm_stop;

static void *lpm_come_and_go(void *arg)
{
	struct { __u32 len, address; } key = {32, 0};

	for (__u32 i = 0; !__atomic_load_n(&lpm_stop, __ATOMIC_RELAXED); i++) {
		key.address = STAY + i % CHURN;
		bpf_map_update_elem(*(int *)arg, &key, &i, BPF_ANY);
		key.address = STAY + (i * 7 + CHURN / 2) % CHURN;
		bpf_map_delete_elem(*(int *)arg, &key);
	}
	return NULL;
}

static int see_lpm(void *ctx, const void *key, void *value)
{
	__u32 n = ((const __u32 *)key)[1];

	((unsigned int *)ctx)[n < STAY ? n : STAY]++;
	return 0;
}

TEST(map, "a trie, which the kernel walks from its start when the key is gone, is walked right as well", .timeout = 120)
{
	int fd = map_new(BPF_MAP_TYPE_LPM_TRIE, 8, 4, STAY + CHURN + 1000, BPF_F_NO_PREALLOC);
	struct { __u32 len, address; } key = {32, 0};
	static unsigned int seen[STAY + 1];
	pthread_t thread;

	for (__u32 n = 0; n < STAY; n++) {
		key.address = n;
		REQUIRE(bpf_map_update_elem(fd, &key, &n, BPF_ANY) == 0);
	}
	REQUIRE(pthread_create(&thread, NULL, lpm_come_and_go, &fd) == 0);
	for (int walk = 0; walk < 10; walk++) {
		__u64 restarts = map_restarts;
		int missing = 0, twice = 0;

		memset(seen, 0, sizeof(seen));
		CHECK_EQ(map_each(fd, see_lpm, seen), 0);
		for (int n = 0; n < STAY; n++) {
			missing += !seen[n];
			twice += seen[n] > 1;
		}
		if (!CHECK_EQ(missing, 0) || (map_restarts == restarts && !CHECK_EQ(twice, 0)))
			break;
	}
	__atomic_store_n(&lpm_stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}
