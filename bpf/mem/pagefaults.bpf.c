// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/fault.bpf.h"
#include "lib/path.bpf.h"
#include "pagefaults.h"

const volatile __u64 min;

EVENT_SCRATCH(struct pagefaults_event);

ON_FAULT
{
	struct pagefaults_event *e = event_scratch(struct pagefaults_event);
	__u32 len;

	if (latency < min || !e)
		return 0;
	origin_fill(&e->origin);
	e->latency = latency;
	e->address = found->address;
	e->offset = found->offset;
	e->is_major = is_major;
	e->has_file = !!found->file;
	e->names_len = e->cut = 0;
	if (found->file)
		path_of_file(e->names, found->file, &e->names_len, &e->cut);
	len = e->names_len & 0x1fff;
	event_output(e, offsetof(struct pagefaults_event, names) + len);
	return 0;
}
