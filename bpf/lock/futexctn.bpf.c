// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/inflight.bpf.h"
#include "lib/peak.bpf.h"
#include "lib/stack.bpf.h"
#include "lib/syscall.bpf.h"
#include "futexctn.h"

/* include/uapi/linux/futex.h */
#define FUTEX_WAIT 0
#define FUTEX_LOCK_PI 6
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAIT_REQUEUE_PI 11
#define FUTEX_LOCK_PI2 13
#define FUTEX_COMMAND(op) ((op) & 127)	/* without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME */

#define EAGAIN 11

const volatile __u64 unit = 1000, only_lock;
const volatile bool by_thread, dist, summary;

struct wait {
	__u64 since;
};

INFLIGHT(waits, struct wait);
HISTOGRAMS(hists, struct futexctn_key);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct futexctn_key);
	__type(value, struct futexctn_value);
} locks SEC(".maps");

static __always_inline bool is_wait(const struct syscall *call)
{
	__u32 command = FUTEX_COMMAND(call->arg[1]);

	if (!syscall_is(call, futex) && !syscall_is(call, futex_time64))
		return true;		/* futex_wait, futex_waitv */
	return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2 ||
	       command == FUTEX_WAIT_REQUEUE_PI;
}

#define IS_FUTEX(nr) syscall_in(nr, futex, futex_time64, futex_waitv, futex_wait)

SEC("raw_tp/sys_enter")
int begins(struct raw_args *ctx)
{
	struct wait wait = { bpf_ktime_get_ns() };
	const bool direct = common.task_storage;
	__u32 nr = SYSCALL_NR(ctx->args[1]);
	struct syscall call = { .nr = nr };

	if (!IS_FUTEX(nr))
		return 0;
	syscall_read(&call, (const void *)ctx->args[0]);
	if (is_wait(&call) && filter_current())
		inflight_put(waits, bpf_get_current_task_btf(), (__u32)bpf_get_current_pid_tgid(), &wait);
	return 0;
}

/* Of several locks that are waited for at once the first: struct futex_waitv has the address behind the value. */
static __always_inline __u64 lock_of(const struct syscall *call)
{
	__u64 lock = call->arg[0];

	if (syscall_is(call, futex_waitv) && bpf_probe_read_user(&lock, sizeof(lock), (void *)call->arg[0] + 8))
		return 0;
	return lock;
}

SEC("raw_tp/sys_exit")
int ends(struct raw_args *ctx)
{
	const void *regs = (const void *)ctx->args[0];
	const bool direct = common.task_storage;
	__u32 nr = syscall_nr(regs);
	struct syscall call = { .nr = nr };
	struct futexctn_value *value, zero = {};
	struct futexctn_key key = {};
	__u64 ids = current_ids(), ns;
	struct wait wait;

	if (!IS_FUTEX(nr) || !inflight_take(waits, bpf_get_current_task_btf(), (__u32)bpf_get_current_pid_tgid(), &wait))
		return 0;
	if ((long)ctx->args[1] == -EAGAIN)	/* it was free already: nothing was waited for */
		return 0;
	ns = bpf_ktime_get_ns() - wait.since;
	syscall_read(&call, regs);
	key.lock = lock_of(&call);
	if (only_lock && key.lock != only_lock)
		return 0;
	key.pid = ids >> 32;
	key.tid = by_thread ? ids : 0;
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	if (dist) {
		hist_add(hists, &key, ns, unit);
		return 0;
	}
	key.user = summary ? 0 : stack_user(ctx);
	value = map_get_or_init(&locks, &key, &zero);
	if (!value)
		return 0;
	add(&value->total, ns);
	add(&value->count, 1);
	peak_put(&value->max, ns);
	return 0;
}

INFLIGHT_EXIT(waits)
