// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "cgdev.h"

const volatile struct cgdev_rules rules;
const volatile bool denied_only;

static __always_inline bool is_denied(__u32 type, __u32 access, __u32 major, __u32 minor)
{
	for (__u32 i = 0; i < CGDEV_RULES && i < rules.n; i++) {
		const volatile struct cgdev_rule *r = &rules.rule[i];

		if ((!r->type || r->type == type) && r->access & access && (r->major == CGDEV_ANY || r->major == major) &&
		    (r->minor == CGDEV_ANY || r->minor == minor))
			return true;
	}
	return false;
}

/* The task is read: older kernels let these programs ask for no ids and no name. */
static __always_inline void tell(__u32 type, __u32 access, __u32 major, __u32 minor, bool denied)
{
	struct cgdev_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!e) {
		lose(LOSS_RING);
		return;
	}
	e->origin.time = bpf_ktime_get_boot_ns();
	e->origin.pid = BPF_CORE_READ(task, tgid);
	e->origin.tid = BPF_CORE_READ(task, pid);
	e->origin.cpu = bpf_get_smp_processor_id();
	e->origin.uid = bpf_get_current_uid_gid();
	e->origin.cgroup = common.want_cgroup ? bpf_get_current_cgroup_id() : 0;
	BPF_CORE_READ_STR_INTO(&e->origin.comm, task, comm);
	e->type = type;
	e->access = access;
	e->major = major;
	e->minor = minor;
	e->denied = denied;
	e->pad = 0;
	event_submit(e);
}

/* 1: as far as this program is concerned, it may. */
SEC("cgroup/dev")
int on_device(struct bpf_cgroup_dev_ctx *ctx)
{
	__u32 type = ctx->access_type & 0xffff, access = ctx->access_type >> 16;
	bool denied = is_denied(type, access, ctx->major, ctx->minor);

	if (denied || !denied_only)
		tell(type, access, ctx->major, ctx->minor, denied);
	return !denied;
}
