/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The first include of every BPF program. */
#ifndef TOOL_BPF_H
#define TOOL_BPF_H

#define task_struct task_struct_whole
#define add vmlinux_add		/* s390x has an enumerator of this name */
#include "vmlinux.h"
#undef add
#undef task_struct
#include "lib/task_struct.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "lib/shared.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct common common SEC(".rodata.common");

/*
 * Without CO-RE, which vmlinux.h would give these: they are part of the kernel's interface, and
 * a tool that relocates nothing starts sooner.
 */
struct raw_args {
	__u64 args[6];
};

struct pidns_ids {
	__u32 tid, pid;		/* struct bpf_pidns_info, whose pid and tgid these are */
};

/* Atomic; n goes through a barrier, since adding what is known to be 0 becomes an atomic OR, which 5.10 lacks. */
static __always_inline void add(__u64 *to, __u64 n)
{
	barrier_var(n);
	__sync_fetch_and_add(to, n);
}

/* Exact: added to atomically, and only where something was lost. */
__u64 lost[LOSS_KINDS] SEC(".data.lost");

static __always_inline void lose(enum loss why)
{
	add(&lost[why], 1);
}

/* Every map update of a tool goes through here, so that a full map is never silent. */
static __always_inline int map_put(void *map, const void *key, const void *value)
{
	int err = bpf_map_update_elem(map, key, value, BPF_ANY);

	if (err)
		lose(LOSS_MAP);
	return err;
}

/* The value of a key, made from zero when there is none; NULL (and counted) when the map is full. */
#define map_get_or_init(map, key, zero) ({				\
	void *__v = bpf_map_lookup_elem(map, key);			\
	if (!__v) {							\
		bpf_map_update_elem(map, key, zero, BPF_NOEXIST);	\
		__v = bpf_map_lookup_elem(map, key);			\
		if (!__v)						\
			lose(LOSS_MAP);					\
	}								\
	__v;								\
})

/* The length with its NUL, or -EFAULT; older kernels say 0 of an empty string. */
static __always_inline long read_user_str(void *to, __u32 size, unsigned long from)
{
	return bpf_probe_read_user_str(to, size, (void *)from) ?: 1;
}

/* Ids as the tool's user sees them: those of its own pid namespace. */
static __always_inline __u64 current_ids(void)
{
	struct pidns_ids ns = {};

	if (!common.pidns_ino)
		return bpf_get_current_pid_tgid();
	if (bpf_get_ns_current_pid_tgid(common.pidns_dev, common.pidns_ino, (void *)&ns, sizeof(ns)))
		return 0;
	return (__u64)ns.pid << 32 | ns.tid;
}

#endif
