// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/probe.bpf.h"
#include "mdflush.h"

struct mddev;

ON_CALL(md_flush_request, struct mddev *mddev, struct bio *bio)
{
	struct mdflush_event *e;

	if (!filter_current() || !(e = event_reserve(struct mdflush_event)))
		return 0;
	e->disk = bio_disk(bio);
	e->bytes = READ(bio, bi_iter.bi_size);
	event_submit(e);
	return 0;
}
