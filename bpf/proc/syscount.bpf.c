// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/count.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/inflight.bpf.h"
#include "lib/syscall.bpf.h"
#include "syscount.h"

const volatile bool by_process, failed_only, latency;
const volatile __u32 error;

COUNTERS(calls, struct syscount_counters);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct syscount_value);
} processes SEC(".maps");

struct start {
	__u64 ns;
};

INFLIGHT(starts, struct start);

static __always_inline bool wanted(__u32 nr)
{
	if (nr >= SYSCOUNT_TABLE)	/* no system call: a tracer changed it, or a signal return */
		return false;
	return !(common.filters & ONLY_SYSCALLS) || filter_has(ONLY_SYSCALLS, nr);
}

static __always_inline int count_process(bool failed, __u64 ns)
{
	static const struct syscount_value zero;
	__u32 pid = current_ids() >> 32;
	struct syscount_value *value = map_get_or_init(&processes, &pid, &zero);

	if (!value)
		return 0;
	add(&value->count, 1);
	if (failed)
		add(&value->failed, 1);
	if (latency)
		add(&value->ns, ns);
	if (!value->comm[0])
		bpf_get_current_comm(value->comm, sizeof(value->comm));
	return 0;
}

/* The programs of raw tracepoints are not preempted on their CPU, so plain additions are exact. */
static __always_inline int count(const void *regs, __u32 nr, bool failed, __u64 ns)
{
	struct syscount_counters *value;

	if (by_process)
		return count_process(failed, ns);
	value = counter(calls, SYSCOUNT_SLOTS, syscall_is_32(regs) ? SYSCOUNT_TABLE + nr : nr);
	if (value) {
		value->count++;
		value->failed += failed;
		value->ns += ns;
	}
	return 0;
}

/* Only counting: as calls begin, so that those which never return are counted too. */
SEC("?raw_tp/sys_enter")
int count_entry(struct raw_args *ctx)
{
	__u32 nr = SYSCALL_NR(ctx->args[1]);

	if (!wanted(nr) || !filter_current())
		return 0;
	return count((const void *)ctx->args[0], nr, false, 0);
}

SEC("?raw_tp/sys_enter")
int start(struct raw_args *ctx)
{
	const bool direct = common.task_storage;
	struct start now = { bpf_ktime_get_ns() };

	if (wanted(SYSCALL_NR(ctx->args[1])) && filter_current())
		inflight_put(starts, bpf_get_current_task_btf(), (__u32)bpf_get_current_pid_tgid(), &now);
	return 0;
}

SEC("?raw_tp/sys_exit")
int count_exit(struct raw_args *ctx)
{
	const void *regs = (const void *)ctx->args[0];
	const bool direct = common.task_storage;
	__u32 nr = syscall_nr(regs);
	long ret = ctx->args[1];
	bool failed = ret < 0 && ret > -4096;
	struct start start = {};
	__u64 ns = 0;

	if (!wanted(nr) || (failed_only && !failed) || (error && ret != -(long)error))
		return 0;
	if (latency) {
		if (!inflight_take(starts, bpf_get_current_task_btf(), (__u32)bpf_get_current_pid_tgid(), &start))
			return 0;
		ns = bpf_ktime_get_ns() - start.ns;
	} else if (!filter_current()) {
		return 0;
	}
	return count(regs, nr, failed, ns);
}

INFLIGHT_EXIT(starts)
