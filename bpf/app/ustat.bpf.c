// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/language.bpf.h"
#include "ustat.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct ustat_value);
} processes SEC(".maps");

static __always_inline void see(const struct language_said *said, struct language_thread *t)
{
	static const struct ustat_value zero;
	__u32 pid = current_ids() >> 32;
	struct ustat_value *value = map_get_or_init(&processes, &pid, &zero);

	if (!value)
		return;
	if (!value->comm[0]) {
		value->way = said->what >> 8;
		bpf_get_current_comm(value->comm, sizeof(value->comm));
	}
	switch (said->what & 0xff) {
	case LANGUAGE_ENTRY: add(&value->calls, 1); break;
	case LANGUAGE_GC_BEGIN: add(&value->collections, 1); break;
	case LANGUAGE_NEW: add(&value->objects, 1); break;
	case LANGUAGE_LOAD: add(&value->loads, 1); break;
	case LANGUAGE_RAISE: add(&value->exceptions, 1); break;
	case LANGUAGE_START: add(&value->threads, 1); break;
	}
}

LANGUAGES(see)
