// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/event.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/stack.bpf.h"
#include "capable.h"

#define CAP_OPT_NOAUDIT 2	/* include/linux/security.h */
#define CAP_OPT_INSETID 4

const volatile bool denied_only, audited_only, unique, want_stack;

struct met {
	__u32 pid, cap;
	__s32 ret;
};

/* The least recently met go first. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct met);
	__type(value, __u8);
} all_met SEC(".maps");

static __always_inline bool is_new(__u32 cap, int ret)
{
	struct met met = { current_ids() >> 32, cap, ret };
	__u8 yes = 1;

	if (bpf_map_lookup_elem(&all_met, &met))
		return false;
	map_put(&all_met, &met, &yes);
	return true;
}

static __always_inline int checked(void *ctx, const struct user_namespace *ns, __u32 cap, int ret, __u32 options)
{
	struct capable_event *e;
	__u64 stack;

	if ((denied_only && !ret) || (common.filters & ONLY_CAPS && !filter_has(ONLY_CAPS, cap)))
		return 0;
	if ((audited_only && options & CAPABLE_TOLD && !(options & CAPABLE_AUDIT)) || !filter_current())
		return 0;
	if (unique && !is_new(cap, ret))
		return 0;
	stack = want_stack ? stack_kernel(ctx) : 0;
	e = event_reserve(struct capable_event);
	if (!e)
		return 0;
	e->stack = stack;
	e->cap = cap;
	e->ret = ret;
	e->options = options;
	e->userns = BPF_CORE_READ(ns, ns.inum);
	event_submit(e);
	return 0;
}

/* In 6.18; it doesn't tell what for. */
ON_TRACE_AS(check__traced, cap_capable, void *cred, struct user_namespace *ns, void *capable_ns, int cap, int result)
{
	return checked(ctx, ns, cap, result, 0);
}

ON_RETURN_AS(check__called, cap_capable, void *cred, struct user_namespace *ns, int cap, __u32 opts)
{
	__u32 options = CAPABLE_TOLD | (opts & CAP_OPT_NOAUDIT ? 0 : CAPABLE_AUDIT) | (opts & CAP_OPT_INSETID ? CAPABLE_SETID : 0);

	return checked(ctx, ns, cap, ret, options);
}
