/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who the current task is, and when. */
#ifndef ORIGIN_BPF_H
#define ORIGIN_BPF_H

static __always_inline void origin_fill(struct origin *o)
{
	__u64 ids = current_ids();

	o->time = bpf_ktime_get_boot_ns();
	o->pid = ids >> 32;
	o->tid = ids;
	o->cpu = bpf_get_smp_processor_id();
	o->uid = common.want_uid ? bpf_get_current_uid_gid() : 0;
	o->cgroup = common.want_cgroup ? bpf_get_current_cgroup_id() : 0;
	if (common.want_comm)
		bpf_get_current_comm(o->comm, sizeof(o->comm));
	else
		o->comm[0] = 0;
}

#endif
