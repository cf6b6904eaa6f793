// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/syscall.bpf.h"
#include "mountsnoop.h"

#define CALL_32 0x40000000

const volatile bool failed_only;

EVENT_SCRATCH(struct mountsnoop_event);

/* The next string; none is given for NULL.  What it is about is in memory, where the verifier knows nothing of it. */
static __noinline int string(struct mountsnoop_event *e, __u32 i)
{
	__u32 at;
	long n = 0;

	if (!e || i >= MOUNTSNOOP_STRINGS)
		return 0;
	at = e->used & (MOUNTSNOOP_STRINGS * PATH_LEN - 1);
	if (e->string[i]) {
		n = read_user_str(e->data + at, PATH_LEN, e->string[i]);
		if (n < 1 || n > PATH_LEN) {
			e->data[at] = 0;
			n = 1;
		}
	}
	e->len[i] = n;
	e->used += n;
	return 0;
}

static __always_inline bool understand(struct mountsnoop_event *e, const struct syscall *call)
{
	const unsigned long *arg = call->arg;

	for (int i = 0; i < 4; i++)
		e->number[i] = e->string[i] = 0;
	if (syscall_is(call, mount)) {
		e->call = CALL_MOUNT;
		for (int i = 0; i < 3; i++)
			e->string[i] = arg[i];
		e->string[3] = arg[4];
		e->number[0] = arg[3];
	} else if (syscall_is(call, umount2) || syscall_is(call, umount)) {
		e->call = CALL_UMOUNT;
		e->string[0] = arg[0];
		e->number[0] = syscall_is(call, umount2) ? arg[1] : 0;
	} else if (syscall_is(call, fsopen)) {
		e->call = CALL_FSOPEN;
		e->string[0] = arg[0];
		e->number[0] = arg[1];
	} else if (syscall_is(call, fsconfig)) {
		e->call = CALL_FSCONFIG;
		e->number[0] = arg[0];
		e->number[1] = arg[1];
		e->number[2] = arg[4];
		e->string[0] = arg[2];
		if (arg[1] == FSCONFIG_SET_STRING || arg[1] == FSCONFIG_SET_PATH || arg[1] == FSCONFIG_SET_PATH_EMPTY)
			e->string[1] = arg[3];
	} else if (syscall_is(call, fsmount)) {
		e->call = CALL_FSMOUNT;
		for (int i = 0; i < 3; i++)
			e->number[i] = arg[i];
	} else if (syscall_is(call, fspick) || syscall_is(call, open_tree) || syscall_is(call, open_tree_attr) ||
		   syscall_is(call, mount_setattr)) {
		e->call = syscall_is(call, fspick) ? CALL_FSPICK :
			  syscall_is(call, mount_setattr) ? CALL_MOUNT_SETATTR : CALL_OPEN_TREE;
		e->number[0] = arg[0];
		e->number[1] = arg[2];
		e->string[0] = arg[1];
		if (syscall_is(call, mount_setattr))	/* struct mount_attr: attr_set, attr_clr */
			bpf_probe_read_user(&e->number[2], 2 * sizeof(__u64), (void *)arg[3]);
	} else if (syscall_is(call, move_mount)) {
		e->call = CALL_MOVE_MOUNT;
		e->number[0] = arg[0];
		e->number[1] = arg[2];
		e->number[2] = arg[4];
		e->string[0] = arg[1];
		e->string[1] = arg[3];
	} else if (syscall_is(call, pivot_root)) {
		e->call = CALL_PIVOT_ROOT;
		e->string[0] = arg[0];
		e->string[1] = arg[1];
	} else {
		return false;
	}
	e->used = 0;
	for (int i = 0; i < MOUNTSNOOP_STRINGS; i++)
		string(e, i);
	return true;
}

ON_SYSCALL_IF(syscall_in(nr, mount, umount, umount2, fsopen, fsconfig, fsmount, fspick, move_mount) ||
	      syscall_in(nr, open_tree, open_tree_attr, mount_setattr, pivot_root))
{
	struct task_struct *task = (void *)bpf_get_current_task(), *parent;
	struct mountsnoop_event *e;
	__u32 used;

	if ((failed_only && call->ret >= 0) || !filter_current() || !(e = event_scratch(struct mountsnoop_event)))
		return 0;
	if (!understand(e, call))
		return 0;
	origin_fill(&e->origin);
	e->ret = call->ret;
	e->nr = call->nr | (call->is_32 ? CALL_32 : 0);
	e->mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	parent = BPF_CORE_READ(task, real_parent);
	e->ppid = BPF_CORE_READ(parent, tgid);
	parent = BPF_CORE_READ(parent, group_leader);
	bpf_probe_read_kernel_str(e->pcomm, sizeof(e->pcomm), &parent->comm);
	used = e->used;
	if (used > MOUNTSNOOP_STRINGS * PATH_LEN)
		return 0;
	event_output(e, offsetof(struct mountsnoop_event, data) + used);
	return 0;
}
