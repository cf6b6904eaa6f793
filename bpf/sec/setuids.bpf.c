// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/event.bpf.h"
#include "lib/syscall.bpf.h"
#include "setuids.h"

const volatile bool failed_only;

#define IS_32 0x40000000	/* NAMES_32 of user/lib/names.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct cred___own {
	struct { __u32 val; } uid, euid, suid, fsuid;
};

struct task_struct___own {
	struct cred___own *cred;
};
#pragma clang attribute pop

static __always_inline __u32 ids_of(const struct syscall *call)
{
	if (syscall_is(call, setresuid) || syscall_is(call, setresuid32))
		return 3;
	return syscall_is(call, setreuid) || syscall_is(call, setreuid32) ? 2 : 1;
}

/* Ids of 16 bits in the older calls of 32-bit programs, where -1 is none as well. */
static __always_inline __u32 id_of(const struct syscall *call, unsigned long arg)
{
	int nr = call->nr;
	bool is_short = call->is_32 && NR32_setuid32 != -1 &&
			(nr == NR32_setuid || nr == NR32_setreuid || nr == NR32_setresuid || nr == NR32_setfsuid);

	return is_short ? (__u16)arg == 0xffff ? -1U : (__u16)arg : (__u32)arg;
}

ON_SYSCALL(setuid, setreuid, setresuid, setfsuid, setuid32, setreuid32, setresuid32, setfsuid32)
{
	struct task_struct___own *task = (void *)bpf_get_current_task();
	bool failed = call->ret < 0 && call->ret > -4096;
	struct setuids_event *e;
	struct cred___own *cred;

	if ((failed_only && !failed) || !filter_current())
		return 0;
	e = event_reserve(struct setuids_event);
	if (!e)
		return 0;
	e->call = call->nr | (call->is_32 ? IS_32 : 0);
	e->error = failed ? call->ret : 0;
	e->n = ids_of(call);
	e->ids[0] = id_of(call, call->arg[0]);
	e->ids[1] = id_of(call, call->arg[1]);
	e->ids[2] = id_of(call, call->arg[2]);
	cred = BPF_CORE_READ(task, cred);
	e->ruid = BPF_CORE_READ(cred, uid.val);
	e->euid = BPF_CORE_READ(cred, euid.val);
	e->suid = BPF_CORE_READ(cred, suid.val);
	e->fsuid = BPF_CORE_READ(cred, fsuid.val);
	event_submit(e);
	return 0;
}
