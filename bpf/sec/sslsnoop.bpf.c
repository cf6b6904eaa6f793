// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/tls.bpf.h"
#include "sslsnoop.h"

const volatile bool failed_only;
const volatile __u64 min_latency;

static __always_inline void tls_done(const struct tls_done *call)
{
	struct sslsnoop_event *e;

	if ((failed_only && !call->failed) || call->latency < min_latency)
		return;
	e = event_reserve(struct sslsnoop_event);
	if (!e)
		return;
	e->session = call->session;
	e->latency = call->latency;
	e->length = call->bytes;
	e->ret = call->ret;
	e->function = call->function;
	e->failed = call->failed;
	event_submit(e);
}
