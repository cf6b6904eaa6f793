// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/stack.bpf.h"
#include "deadlock.h"

#define MOST_HELD 16		/* locks that a thread has at a time */

struct taken {
	struct deadlock_lock lock;
	__u64 stack;
	__u32 read, times;	/* times: of a recursive one */
};

struct thread {
	struct taken now;	/* what it is asking for; address 0: nothing */
	__u32 n, tries;		/* tries: and won't wait for it */
	struct taken held[MOST_HELD];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct thread);
} threads SEC(".maps");

struct place {
	__u64 address;
	__u32 pid, pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct place);
	__type(value, __u32);
} made SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct deadlock_edge);
	__type(value, struct deadlock_seen);
} edges SEC(".maps");

static const struct thread no_thread;

static __always_inline struct deadlock_lock lock_at(__u64 address)
{
	struct place place = { .address = address, .pid = current_ids() >> 32 };
	__u32 *n = bpf_map_lookup_elem(&made, &place);

	return (struct deadlock_lock){ address, n ? *n : 0, place.pid };
}

static __always_inline struct thread *this_thread(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&threads, &tid);
}

static __always_inline void meet(const struct taken *held, const struct taken *wanted)
{
	struct deadlock_edge edge = { held->lock, wanted->lock, held->read, wanted->read };
	struct deadlock_seen new = { .held_stack = held->stack, .wanted_stack = wanted->stack }, *seen;
	__u32 tid = current_ids();

	seen = bpf_map_lookup_elem(&edges, &edge);
	if (seen) {
		if (seen->tid != tid)
			seen->others = 1;
		return;
	}
	new.tid = tid;
	bpf_get_current_comm(new.comm, sizeof(new.comm));
	map_put(&edges, &edge, &new);
}

static __always_inline int asks(struct pt_regs *ctx, bool read, bool tries)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct thread *t;

	if (!filter_current())
		return 0;
	t = map_get_or_init(&threads, &tid, &no_thread);
	if (!t)
		return 0;
	t->now.lock = lock_at(PT_REGS_PARM1(ctx));
	t->now.stack = stack_user_entry(ctx);
	t->now.read = read;
	t->now.times = 1;
	t->tries = tries;
	for (__u32 i = 0; i < MOST_HELD; i++) {
		if (i >= t->n)
			break;
		if (t->held[i].lock.address == t->now.lock.address)	/* it has that one already */
			return 0;
	}
	for (__u32 i = 0; i < MOST_HELD && !tries; i++) {
		if (i >= t->n)
			break;
		meet(&t->held[i], &t->now);
	}
	return 0;
}

SEC("?uprobe")
int lock_enter(struct pt_regs *ctx)
{
	return asks(ctx, false, false);
}

SEC("?uprobe")
int read_enter(struct pt_regs *ctx)
{
	return asks(ctx, true, false);
}

SEC("?uprobe")
int try_enter(struct pt_regs *ctx)
{
	return asks(ctx, false, true);
}

SEC("?uprobe")
int try_read_enter(struct pt_regs *ctx)
{
	return asks(ctx, true, true);
}

#define EOWNERDEAD 130	/* it has the lock all the same */

SEC("?uretprobe")
int lock_exit(struct pt_regs *ctx)
{
	struct thread *t = this_thread();
	int ret = PT_REGS_RC(ctx);
	__u32 n;

	if (!t || !t->now.lock.address)
		return 0;
	if (ret && ret != EOWNERDEAD) {
		t->now.lock.address = 0;
		return 0;
	}
	n = t->n;
	for (__u32 i = 0; i < MOST_HELD; i++) {
		if (i >= n)
			break;
		if (t->held[i].lock.address == t->now.lock.address) {
			t->held[i].times++;
			t->now.lock.address = 0;
			return 0;
		}
	}
	if (n < MOST_HELD) {
		t->held[n] = t->now;
		t->n = n + 1;
	} else {
		lose(LOSS_START);
	}
	t->now.lock.address = 0;
	return 0;
}

SEC("?uprobe")
int unlock_enter(struct pt_regs *ctx)
{
	__u64 address = PT_REGS_PARM1(ctx);
	struct thread *t = this_thread();
	bool found = false;

	if (!t)
		return 0;
	for (__u32 i = 0; i < MOST_HELD; i++) {
		if (i >= t->n)
			break;
		if (!found && t->held[i].lock.address == address) {
			if (--t->held[i].times)
				return 0;
			found = true;
		}
		if (found && i + 1 < MOST_HELD)
			t->held[i] = t->held[i + 1];
	}
	if (found)
		t->n--;
	return 0;
}

/* pthread_mutex_init() and _destroy(): what is at this address from now on is another lock. */
SEC("?uprobe")
int another(struct pt_regs *ctx)
{
	struct place place = { .address = PT_REGS_PARM1(ctx), .pid = current_ids() >> 32 };
	__u32 *n = bpf_map_lookup_elem(&made, &place), one = 1;

	if (!filter_current())
		return 0;
	if (n)
		++*n;	/* one lock is not made by two at once */
	else
		map_put(&made, &place, &one);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int thread_ends(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&threads, &tid);
	return 0;
}
