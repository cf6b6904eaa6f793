// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "ugc.h"

#define LANGUAGE_DEPTH 16
#include "lib/language.bpf.h"

const volatile __u64 shortest;

static __always_inline void see(const struct language_said *said, struct language_thread *t)
{
	struct language_begun *begun;
	struct ugc_event *e;
	__u64 now = bpf_ktime_get_ns();

	language_key(&t->key, said, false);
	if ((said->what & 0xff) == LANGUAGE_GC_BEGIN) {
		language_begin(t, said->number);
		return;
	}
	begun = language_end(t, false);
	if (!begun || now - begun->since < shortest)
		return;
	e = event_reserve(struct ugc_event);
	if (!e)
		return;
	e->took = now - begun->since;
	e->before = begun->number;
	e->after = said->number;
	e->key = t->key;
	event_submit(e);
}

LANGUAGES(see)
