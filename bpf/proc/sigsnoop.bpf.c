// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/task.bpf.h"
#include "sigsnoop.h"

#define SI_KERNEL 128	/* include/uapi/asm-generic/siginfo.h */
#define EAGAIN 11

const volatile bool calls, failed_only;

/* The tool itself sends none: what seems to come from it is a timer's, whose interrupt hit it. */
static __always_inline bool wanted(void)
{
	if (current_ids() >> 32 == common.self && !common.cgroups &&
	    !(common.filters & ~(__u32)(ONLY_SIGNALS | ONLY_TARGETS)))
		return true;
	return filter_current();
}

static __always_inline struct sigsnoop_event *record(__u32 signal, __s32 tpid, __s32 error)
{
	struct sigsnoop_event *e;

	if (failed_only && !error)
		return NULL;
	if (common.filters & ONLY_SIGNALS && !filter_has(ONLY_SIGNALS, signal))
		return NULL;
	if (common.filters & ONLY_TARGETS && !filter_has(ONLY_TARGETS, (__u32)tpid))
		return NULL;
	if (!wanted())
		return NULL;
	e = event_reserve(struct sigsnoop_event);
	if (!e)
		return NULL;
	e->signal = signal;
	e->tpid = tpid;
	e->error = error;
	return e;
}

/* Small numbers stand for what the kernel didn't fill in: SEND_SIG_NOINFO, SEND_SIG_PRIV. */
static __always_inline __s32 code_of(struct kernel_siginfo *info)
{
	unsigned long word = (unsigned long)info;

	return word > 2 ? BPF_CORE_READ(info, si_code) : word ? SI_KERNEL : 0;
}

ON_TRACE(signal_generate, int signal, struct kernel_siginfo *info, struct task_struct *task, int group, int result)
{
	struct sigsnoop_event *e = record(signal, task_tgid(task), result == SIGSNOOP_OVERFLOW ? -EAGAIN : 0);

	if (!e)
		return 0;
	e->code = code_of(info);
	e->result = result;
	e->ttid = task_tid(task);
	e->group = group;
	e->call = -1;
	bpf_probe_read_kernel_str(e->tcomm, sizeof(e->tcomm), &task->comm);
	event_submit(e);
	return 0;
}

static __always_inline int called(const struct syscall *call, __u32 signal, __s32 tpid, __u32 ttid)
{
	struct sigsnoop_event *e = record(signal, tpid, call->ret);

	if (!e)
		return 0;
	e->code = 0;
	e->result = SIGSNOOP_CALL;
	e->ttid = ttid;
	e->group = !ttid;
	e->call = call->nr | (call->is_32 ? 1U << 30 : 0);
	e->tcomm[0] = 0;
	event_submit(e);
	return 0;
}

/* Where signals themselves are shown, these are the calls that made none: a full queue (EAGAIN) is told there. */
ON_SYSCALL(kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal)
{
	if (!calls && (call->ret >= 0 || call->ret == -EAGAIN))
		return 0;
	if (syscall_is(call, kill) || syscall_is(call, rt_sigqueueinfo))
		return called(call, call->arg[1], call->arg[0], 0);
	if (syscall_is(call, tkill))
		return called(call, call->arg[1], 0, call->arg[0]);
	if (syscall_is(call, pidfd_send_signal))
		return called(call, call->arg[1], 0, 0);
	return called(call, call->arg[2], call->arg[0], call->arg[1]);
}
