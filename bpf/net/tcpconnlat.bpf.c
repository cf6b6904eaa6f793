// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/attempt.bpf.h"
#include "tcpconnlat.h"

const volatile __u64 min_ns;
const volatile bool failed_too, failed_only;

ON_TCP_STATE
{
	bool failed = new == TCP_CLOSE;
	struct attempt attempt = {};
	struct tcpconnlat_event *e;
	__u64 now;

	if (new == TCP_SYN_SENT)
		return attempt_begin(sk);
	if (old != TCP_SYN_SENT || !attempt_end(sk, &attempt))
		return 0;
	if (failed ? !failed_too && !failed_only : failed_only)
		return 0;
	now = bpf_ktime_get_boot_ns();
	if (now - attempt.origin.time < min_ns)
		return 0;
	e = event_reserve(struct tcpconnlat_event);
	if (!e)
		return 0;
	e->latency = now - attempt.origin.time;
	e->origin = attempt.origin;
	e->origin.time = now;
	e->flow = attempt.flow;
	e->error = failed ? -(BPF_CORE_READ(sk, sk_err) ?: ECANCELED) : 0;
	e->pad = 0;
	event_submit(e);
	return 0;
}
