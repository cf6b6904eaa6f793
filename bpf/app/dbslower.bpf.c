// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "dbslower.h"

const volatile __u64 shortest = 1000000;
const volatile __u32 query_size = 256;

#define QUERY_TEXT QUERY_LEN
#include "lib/query.bpf.h"

static __always_inline void ended(const struct query_begun *begun, __u64 took)
{
	struct dbslower_event *e;

	if (took < shortest)
		return;
	e = event_reserve(struct dbslower_event);
	if (!e)
		return;
	e->took = took;
	e->length = begun->length > 0 ? begun->length : 0;
	if (begun->length < 0)
		lose(LOSS_READ);
	bpf_probe_read_kernel(e->query, query_size, begun->text);
	event_submit(e);
}

QUERIES(ended)
