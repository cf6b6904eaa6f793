// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/peak.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/stack.bpf.h"
#include "klockstat.h"

const volatile bool by_thread, by_lock, only_waits, only_holds;
const volatile __u64 only_lock;

struct locking {
	__u64 since;		/* of the call, then of having it */
	__u64 lock, kernel;
};

/* Tasks that are about to take a lock. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct locking);
} taking SEC(".maps");

struct holder {
	__u64 lock;
	__u32 tid, pad;
};

/* Locks that are held; one that another task lets go stays until its holder takes it again, or room is needed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct holder);
	__type(value, struct locking);
} holding SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct klockstat_key);
	__type(value, struct klockstat_value);
} locks SEC(".maps");

static __always_inline void count(const struct locking *l, __u32 what, __u64 ns)
{
	struct klockstat_value *value, zero = {};
	struct klockstat_key key = { .kernel = l->kernel, .what = what };

	key.lock = by_lock ? l->lock : 0;
	if (by_thread) {
		key.tid = current_ids();
		bpf_get_current_comm(key.comm, sizeof(key.comm));
	}
	value = map_get_or_init(&locks, &key, &zero);
	if (!value)
		return;
	add(&value->total, ns);
	add(&value->count, 1);
	peak_put(&value->max, ns);
}

static __always_inline int begin(void *ctx, void *lock)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct locking l = { .lock = (__u64)lock };

	if ((only_lock && l.lock != only_lock) || !filter_current())
		return 0;
	l.kernel = stack_kernel(ctx);
	l.since = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&taking, &tid, &l, BPF_ANY))
		lose(LOSS_START);
	return 0;
}

static __always_inline int end(void *lock, bool taken)
{
	struct holder holder = { .lock = (__u64)lock, .tid = bpf_get_current_pid_tgid() };
	struct locking *found = bpf_map_lookup_elem(&taking, &holder.tid), l;
	__u64 now = bpf_ktime_get_ns();

	if (!found || found->lock != holder.lock)
		return 0;
	l = *found;
	bpf_map_delete_elem(&taking, &holder.tid);
	if (!taken)
		return 0;
	if (!only_holds)
		count(&l, KLOCKSTAT_WAIT, now - l.since);
	if (only_waits)
		return 0;
	l.since = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&holding, &holder, &l, BPF_ANY))
		lose(LOSS_START);
	return 0;
}

static __always_inline int release(void *lock)
{
	struct holder holder = { .lock = (__u64)lock, .tid = bpf_get_current_pid_tgid() };
	struct locking *found = bpf_map_lookup_elem(&holding, &holder), l;
	__u64 now = bpf_ktime_get_ns();

	if (!found)
		return 0;
	l = *found;
	bpf_map_delete_elem(&holding, &holder);
	count(&l, KLOCKSTAT_HOLD, now - l.since);
	return 0;
}

/* `taken`: by what the function gives, whether it has the lock. */
#define ON_LOCK(func, taken)						\
ON_CALL_AS(begin_##func, func, void *lock)				\
{									\
	return begin(ctx, lock);					\
}									\
ON_RETURN_AS(end_##func, func, void *lock)				\
{									\
	return end(lock, taken);					\
}

#define ON_UNLOCK(func)							\
ON_CALL_AS(release_##func, func, void *lock)				\
{									\
	return release(lock);						\
}

ON_LOCK(mutex_lock, true)
ON_LOCK(mutex_lock_interruptible, !(int)ret)
ON_LOCK(mutex_lock_killable, !(int)ret)
ON_LOCK(mutex_trylock, (int)ret)
ON_LOCK(down_read, true)
ON_LOCK(down_read_interruptible, !(int)ret)
ON_LOCK(down_read_killable, !(int)ret)
ON_LOCK(down_read_trylock, (int)ret)
ON_LOCK(down_write, true)
ON_LOCK(down_write_killable, !(int)ret)
ON_LOCK(down_write_trylock, (int)ret)
ON_UNLOCK(mutex_unlock)
ON_UNLOCK(up_read)
ON_UNLOCK(up_write)

SEC("?raw_tp/sched_process_exit")
int by_tid__taking_exit(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&taking, &tid);
	return 0;
}
