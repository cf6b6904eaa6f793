// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "vfscount.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);	/* near the start of the function */
	__type(value, struct vfscount_value);
} functions SEC(".maps");

static __always_inline int count(struct pt_regs *ctx)
{
	static const struct vfscount_value zero;
	struct vfscount_value *value;
	__u64 ip = PT_REGS_IP(ctx);

	if (!filter_current())
		return 0;
	value = map_get_or_init(&functions, &ip, &zero);
	if (value)
		add(&value->count, 1);
	return 0;
}

/* One program for all of them: user space attaches it to the others; since 5.18 all at once. */
SEC("?kprobe/vfs_open")
int kprobe__functions(struct pt_regs *ctx)
{
	return count(ctx);
}

SEC("?kprobe.multi")
int off__functions(struct pt_regs *ctx)
{
	return count(ctx);
}
