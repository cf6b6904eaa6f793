// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/asked.bpf.h"
#include "lib/block_next.bpf.h"
#include "biosnoop.h"

const volatile __u64 min;
const volatile bool pattern;

ON_BLOCK_ISSUE(rq)
{
	enum block_order order = pattern ? block_order(direct, rq) : BLOCK_UNKNOWN;	/* of all, whoever asked */
	struct asked *asked = block_issue(direct, rq);

	if (asked)
		asked->order = order;
	return 0;
}

ON_BLOCK_DONE(asked, error)
{
	__u64 now = bpf_ktime_get_boot_ns();
	struct biosnoop_event *e;

	if (now - asked->issued < min)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		lose(LOSS_RING);
		return 0;
	}
	e->origin = asked->origin;
	e->origin.time = now;
	e->sector = asked->sector;
	e->queued = asked->issued - asked->origin.time;
	e->latency = now - asked->issued;
	e->disk = request_disk(rq);
	e->flags = asked->flags;
	e->bytes = asked->bytes;
	e->error = error;
	e->order = asked->order;
	e->pad = 0;
	event_submit(e);
	return 0;
}
