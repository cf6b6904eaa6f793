// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/peak.bpf.h"
#include "lib/task.bpf.h"
#include "schedtop.h"

/* include/linux/sched.h; TASK_IDLE is both of the last, and sleeps as far as the load goes */
#define TASK_UNINTERRUPTIBLE 0x0002
#define TASK_DEAD 0x0080
#define TASK_NOLOAD 0x0400

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct schedtop_task);
} tasks SEC(".maps");

static __always_inline __u32 asleep(__u64 state)
{
	return (state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE ? SCHED_BLOCK : SCHED_SLEEP;
}

/* A task that is met for the first time. */
static __always_inline int meet(const bool direct, struct task_struct *task, __u32 tid, __u32 state, bool maybe)
{
	struct schedtop_task new = {};
	int ret;

	if (!filter_task(direct, task))
		return 0;
	new.since = new.born = bpf_ktime_get_ns();
	new.state = state;
	new.pid = READ(task, tgid);
	bpf_probe_read_kernel_str(new.comm, sizeof(new.comm), &task->comm);
	ret = bpf_map_update_elem(&tasks, &tid, &new, BPF_NOEXIST);
	if (ret && !(maybe && ret == -17))	/* EEXIST */
		lose(LOSS_MAP);
	return 0;
}

/* Up to now: what it did since its last event; if a reading was in between, first what it did up to there. */
static __always_inline void advance(struct schedtop_task *t, struct task_struct *task)
{
	__u64 now = bpf_ktime_get_ns(), boundary = *(volatile __u64 *)&reading;

	t->begun++;
	barrier();
	if (now >= boundary && t->since <= boundary && t->reading != boundary) {
		t->sum[t->state & 3] += boundary - t->since;
		t->since = boundary;
		for (int i = 0; i < SCHED_COUNTERS; i++)
			t->at_reading[i] = t->sum[i];
		t->reading = boundary;
		bpf_probe_read_kernel_str(t->comm, sizeof(t->comm), &task->comm);	/* it may have another */
	}
	t->sum[t->state & 3] += now - t->since;
	t->since = now;
}

static __always_inline void done(struct schedtop_task *t)
{
	barrier();
	t->ended++;
}

static __always_inline void left(const bool direct, struct task_struct *prev, bool preempt)
{
	__u64 state = preempt ? 0 : task_state(prev);
	__u32 tid = READ(prev, pid), next = state ? asleep(state) : SCHED_WAIT;
	struct schedtop_task *t;

	if (!tid)	/* the idle tasks */
		return;
	if (state & TASK_DEAD) {
		bpf_map_delete_elem(&tasks, &tid);
		return;
	}
	t = bpf_map_lookup_elem(&tasks, &tid);
	if (!t) {
		meet(direct, prev, tid, next, false);
		return;
	}
	advance(t, prev);
	t->state = next;
	t->sum[state ? SCHED_VOLUNTARY : SCHED_INVOLUNTARY]++;
	done(t);
}

static __always_inline void becomes(const bool direct, struct task_struct *task, __u32 state)
{
	__u32 tid = READ(task, pid);
	struct schedtop_task *t = tid ? bpf_map_lookup_elem(&tasks, &tid) : NULL;

	if (!tid)
		return;
	if (!t) {
		meet(direct, task, tid, state, false);
		return;
	}
	if (state == SCHED_WAIT && t->state < SCHED_SLEEP)	/* woken before it slept, or while it waits */
		return;
	advance(t, task);
	t->state = state;
	done(t);
}

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	left(direct, prev, preempt);
	becomes(direct, next, SCHED_ON);
	return 0;
}

ON_TRACE(sched_wakeup, struct task_struct *task)
{
	becomes(direct, task, SCHED_WAIT);
	return 0;
}

ON_TRACE(sched_wakeup_new, struct task_struct *task)
{
	becomes(direct, task, SCHED_WAIT);
	return 0;
}

ON_TRACE(sched_migrate_task, struct task_struct *task)
{
	__u32 tid = READ(task, pid);
	struct schedtop_task *t = bpf_map_lookup_elem(&tasks, &tid);

	if (!t)
		return 0;
	advance(t, task);
	t->sum[SCHED_MOVES]++;
	done(t);
	return 0;
}

/* Those that are there when the tool starts: what they do then. One whose event is faster is met already. */
SEC("iter/task")
int meet_all(struct bpf_iter__task *ctx)
{
	struct task_struct *task = (void *)ctx->task;
	const bool direct = true;
	__u64 state;

	if (!task || !task->pid)
		return 0;
	state = task_state(task);
	if (state & TASK_DEAD)
		return 0;
	return meet(direct, task, task->pid, task_on_cpu(task) ? SCHED_ON : state ? asleep(state) : SCHED_WAIT, true);
}
