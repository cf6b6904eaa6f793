// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/data.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/tls.bpf.h"
#include "sslsniff.h"

#define DATA_FROM struct tls_done

static __always_inline void data_fill(struct sslsniff_event *e, const DATA_FROM *call)
{
	e->session = call->session;
	e->latency = call->latency;
	e->function = call->function;
	e->pad = 0;
}

DATA_SEND(struct sslsniff_event)

/* GnuTLS goes on with what it was given before where there is no buffer. */
static __always_inline void tls_done(const struct tls_done *call)
{
	if (!call->failed)
		data_send_all(call, call->buffer, call->bytes);
}
