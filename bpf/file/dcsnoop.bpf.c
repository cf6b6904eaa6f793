// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/dcache.bpf.h"
#include "dcsnoop.h"

static __always_inline int show(const char *name, __u32 len, bool is_miss)
{
	struct dcsnoop_event *e;

	if (!filter_current())
		return 0;
	e = event_reserve(struct dcsnoop_event);
	if (!e)
		return 0;
	e->is_miss = is_miss;
	/* Of a path that is being walked, the name ends where the next one begins. */
	if (len > sizeof(e->name) - 1)
		len = sizeof(e->name) - 1;
	if (bpf_probe_read_kernel(e->name, len, name))
		len = 0;
	e->name[len] = 0;
	event_submit(e);
	return 0;
}

ON_NAME_REFERENCE(nd)
{
	return show((const char *)BPF_CORE_READ(nd, last.name), BPF_CORE_READ(nd, last.len), false);
}

ON_NAME_MISS(parent, name)
{
	return show((const char *)BPF_CORE_READ(name, name), BPF_CORE_READ(name, len), true);
}
