// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/owner.bpf.h"
#include "lib/hist.bpf.h"
#include "tcprtt.h"

const volatile __u64 unit = 1000;
const volatile bool by_laddr, by_raddr;

HISTOGRAMS(hists, struct tcprtt_key);

/* Where a segment comes in for an established connection, with interrupts' work held off on this CPU. */
ON_TRACE(tcp_probe, const struct sock___own *sk)
{
	const struct tcp_sock___own *tp = (const void *)sk;
	struct tcprtt_key key = {};
	struct flow flow = {};
	__u64 srtt;

	if (SOCK_OWNER_FILTERS && !owner_wanted(owner_of(sk)))
		return 0;
	if (by_laddr || by_raddr || SOCK_FLOW_FILTERS) {
		flow_fill(direct, sk, &flow);
		if (!filter_flow(&flow))
			return 0;
	}
	srtt = BPF_CORE_READ(tp, srtt_us);
	if (!srtt)
		return 0;
	if (by_laddr || by_raddr) {
		key.family = flow.family;
		__builtin_memcpy(key.addr, by_laddr ? flow.laddr : flow.raddr, sizeof(key.addr));
	}
	hist_add(hists, &key, srtt * 1000 >> 3, unit);	/* kept in eighths of a microsecond */
	return 0;
}

OWNERS
