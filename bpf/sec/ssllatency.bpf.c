// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/tls.bpf.h"
#include "ssllatency.h"

const volatile __u64 unit = 1000;

HISTOGRAMS(hists, struct ssllatency_key);

static __always_inline void tls_done(const struct tls_done *call)
{
	struct ssllatency_key key = { call->function, call->failed };

	hist_add(hists, &key, call->latency, unit);
}
