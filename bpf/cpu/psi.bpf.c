// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/inflight.bpf.h"
#include "lib/task.bpf.h"
#include "psi.h"

const volatile bool by_thread;

/* Set when the programs at psi_memstall_enter() and psi_memstall_leave() are attached. */
bool exact;

struct since {
	__u64 ns;
};

INFLIGHT(runnable, struct since);
INFLIGHT(io, struct since);
INFLIGHT(memory, struct since);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct psi_value);
} stalls SEC(".maps");

/* When the task that runs on a CPU came there; user space makes room for all CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} came SEC(".maps");

#define BIT_OF(task, bit) (direct ? BPF_CORE_READ_BITFIELD(task, bit) : BPF_CORE_READ_BITFIELD_PROBED(task, bit))

static __always_inline struct psi_value *stall_of(const bool direct, struct task_struct *task)
{
	static const struct psi_value zero;
	struct task_struct *named = by_thread ? task : READ(task, group_leader);
	__u32 id = by_thread ? task_tid(task) : task_tgid(task);
	struct psi_value *value = map_get_or_init(&stalls, &id, &zero);

	if (value && !value->comm[0])
		bpf_probe_read_kernel_str(value->comm, sizeof(value->comm), &named->comm);
	return value;
}

#define STALLED(kind, task, tid, until) ({				\
	struct since __since;						\
	if (inflight_take(kind, task, tid, &__since) && __since.ns < (until)) \
		PUT_##kind(task, (until) - __since.ns);			\
})
#define PUT_(member, task, n) ({					\
	struct psi_value *__value = stall_of(direct, task);		\
	if (__value)							\
		add(&__value->member, n);				\
})
#define PUT_runnable(task, n) PUT_(cpu, task, n)
#define PUT_io(task, n) PUT_(io, task, n)
#define PUT_memory(task, n) PUT_(memory, task, n)

static __always_inline int woken(const bool direct, struct task_struct *task, __u64 now)
{
	struct since since = { now };
	__u32 tid = READ(task, pid);

	if (!tid || !filter_task(direct, task))		/* 0: the idle tasks */
		return 0;
	inflight_put_first(runnable, task, tid, &since);
	STALLED(io, task, tid, now);
	return 0;
}

ON_TRACE(sched_wakeup, struct task_struct *task)
{
	return task_on_cpu(task) ? 0 : woken(direct, task, bpf_ktime_get_ns());
}

ON_TRACE(sched_wakeup_new, struct task_struct *task)
{
	return woken(direct, task, bpf_ktime_get_ns());
}

/*
 * Without probes at its ends, a memory stall is known at switches only: from the first one at which the task is in it
 * to the moment that it came to the CPU on which it got out of it.
 */
static __always_inline void seen_leaving(const bool direct, struct task_struct *prev, __u32 tid, __u64 now, __u64 since_when)
{
	struct since since = { now };

	if (!bpf_core_field_exists(prev->in_memstall))
		return;
	if (BIT_OF(prev, in_memstall))
		inflight_put_first(memory, prev, tid, &since);
	else
		STALLED(memory, prev, tid, since_when);
}

ON_TRACE(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 cpu = bpf_get_smp_processor_id(), tid = READ(prev, pid);
	__u64 *at = bpf_map_lookup_elem(&came, &cpu), before = at ? *at : 0;
	struct since since = { bpf_ktime_get_ns() };

	if (at)
		*at = since.ns;
	if (tid && filter_task(direct, prev)) {
		if (preempt || !task_state(prev))	/* 0: TASK_RUNNING */
			inflight_put(runnable, prev, tid, &since);
		else if (BIT_OF(prev, in_iowait))
			inflight_put(io, prev, tid, &since);
		if (!exact)
			seen_leaving(direct, prev, tid, since.ns, before);
	}
	STALLED(runnable, next, READ(next, pid), since.ns);
	return 0;
}

static __always_inline struct task_struct *current_task(const bool direct)
{
	return direct ? bpf_get_current_task_btf() : (void *)bpf_get_current_task();
}

/* Calls nest; the outermost counts. */
ON_CALL(psi_memstall_enter, unsigned long *flags)
{
	struct task_struct *task = current_task(direct);
	struct since since = { bpf_ktime_get_ns() };

	if (!BPF_CORE_READ_BITFIELD_PROBED(task, in_memstall) && filter_task(false, task))
		inflight_put(memory, task, (__u32)bpf_get_current_pid_tgid(), &since);
	return 0;
}

ON_CALL(psi_memstall_leave, unsigned long *flags)
{
	struct task_struct *task = current_task(direct);
	unsigned long nested = 0;

	bpf_probe_read_kernel(&nested, sizeof(nested), flags);
	if (!nested)
		STALLED(memory, task, (__u32)bpf_get_current_pid_tgid(), bpf_ktime_get_ns());
	return 0;
}

INFLIGHT_EXIT(runnable)
INFLIGHT_EXIT(io)
INFLIGHT_EXIT(memory)
