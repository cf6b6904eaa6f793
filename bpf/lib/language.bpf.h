/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events of the runtimes of languages, at the places of user/lib/language.c. LANGUAGES(act): `act(said, t)` for each, in the
 * thread that it happens in; t: what is known of that thread, and room for a key. Its programs may be preempted, so the room
 * is the thread's own.
 */
#ifndef LANGUAGE_BPF_H
#define LANGUAGE_BPF_H

#include "lib/generated.bpf.h"
#include "lib/points.bpf.h"
#include "lib/language.h"

#ifndef LANGUAGE_DEPTH
#define LANGUAGE_DEPTH 1	/* calls, or collections, in one another; a power of two */
#endif

#define LANGUAGE_TO_NUL (~0ULL)

/* As the code of user/lib/language.c leaves it. */
struct language_said {
	__u64 class, class_size;	/* text; LANGUAGE_TO_NUL: it ends with one */
	__u64 name, name_size;
	__u64 number;
	__u64 what;			/* enum language_what; the rest is the way */
};

struct language_begun {
	__u64 since, hash, number;
};

struct language_thread {
	struct language_key key;
	__u64 depth;
	struct language_begun begun[LANGUAGE_DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);	/* --max-entries */
	__type(key, __u32);
	__type(value, struct language_thread);
} language_threads SEC(".maps");

static __always_inline void language_text(char *to, __u64 size, __u64 from, __u64 length)
{
	long n;

	if (!from)
		return;
	if (length == LANGUAGE_TO_NUL)
		n = bpf_probe_read_user_str(to, size, (void *)from);
	else
		n = bpf_probe_read_user(to, length < size ? length & (size - 1) : size - 1, (void *)from);
	if (n < 0)
		lose(LOSS_READ);
}

static __always_inline void language_key(struct language_key *key, const struct language_said *said, bool with_number)
{
	__builtin_memset(key->class, 0, sizeof(key->class));
	__builtin_memset(key->name, 0, sizeof(key->name));
	key->pid = current_ids() >> 32;
	key->way = said->what >> 8;
	key->number = with_number ? said->number : 0;
	language_text(key->class, sizeof(key->class), said->class, said->class_size);
	language_text(key->name, sizeof(key->name), said->name, said->name_size);
}

/* A call, or a collection, is known by its texts and its way. */
static __always_inline __u64 language_hash(const struct language_key *key)
{
	const __u64 *words = (const __u64 *)key->class;
	__u64 hash = key->way;

#pragma unroll
	for (int i = 0; i < (LANGUAGE_CLASS + LANGUAGE_NAME) / 8; i++) {
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return hash;
}

#define LANGUAGE_BEGUN(t, at) ({						\
	__u64 __at = at;						\
	barrier_var(__at);						\
	&(t)->begun[__at & (LANGUAGE_DEPTH - 1)];			\
})

static __always_inline void language_begin(struct language_thread *t, __u64 number)
{
	struct language_begun *begun;

	if (t->depth++ >= LANGUAGE_DEPTH) {
		lose(LOSS_START);
		return;
	}
	begun = LANGUAGE_BEGUN(t, t->depth - 1);
	begun->hash = language_hash(&t->key);
	begun->number = number;
	begun->since = bpf_ktime_get_ns();
}

/* Those below that have ended before go with it. */
static __always_inline void language_drop(struct language_thread *t, __u64 depth)
{
	for (int i = 0; i < LANGUAGE_DEPTH && depth && depth <= LANGUAGE_DEPTH && !LANGUAGE_BEGUN(t, depth - 1)->hash; i++)
		depth--;
	t->depth = depth;
}

/*
 * What began so. NULL: it began before, or there was no room. `nested`: those in it have been left without a word; else they
 * go on.
 */
static __always_inline struct language_begun *language_end(struct language_thread *t, bool nested)
{
	__u64 hash = language_hash(&t->key), depth = t->depth;
	bool alone = true;	/* all above it have ended */

	if (depth > LANGUAGE_DEPTH) {
		t->depth = depth - 1;
		return NULL;
	}
	for (int i = 0; i < LANGUAGE_DEPTH && depth && depth <= LANGUAGE_DEPTH; i++) {
		struct language_begun *begun = LANGUAGE_BEGUN(t, --depth);

		if (begun->hash == hash) {
			if (nested || alone)
				language_drop(t, depth);
			else
				begun->hash = 0;
			return begun;
		}
		alone &= !begun->hash;
	}
	return NULL;
}

#define LANGUAGES(act)							\
static __always_inline int language_see(void *ctx, __u64 number)		\
{									\
	__u64 room[GENERATED_ROOM];					\
	static const struct language_thread none;			\
	struct language_said said = {};					\
	__u32 tid = bpf_get_current_pid_tgid();				\
	struct language_thread *t;					\
									\
	if (!filter_current())						\
		return 0;						\
	t = map_get_or_init(&language_threads, &tid, &none);		\
	if (!t)								\
		return 0;						\
	generated_begin(room, ctx);					\
	generated(GENERATED_VALUE, room, &said);			\
	act(&said, t);							\
	return 0;							\
}									\
									\
POINTS_NUMBERED(language_see)						\
									\
SEC("raw_tp/sched_process_exit")					\
int language_forget(void *ctx)						\
{									\
	__u32 tid = bpf_get_current_pid_tgid();				\
									\
	bpf_map_delete_elem(&language_threads, &tid);			\
	return 0;							\
}

#endif
