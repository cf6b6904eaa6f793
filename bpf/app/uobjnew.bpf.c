// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/language.bpf.h"
#include "uobjnew.h"

const volatile bool by_size;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct language_key);
	__type(value, struct uobjnew_value);
} objects SEC(".maps");

static __always_inline void see(const struct language_said *said, struct language_thread *t)
{
	static const struct uobjnew_value zero;
	struct uobjnew_value *value;

	language_key(&t->key, said, by_size);
	value = map_get_or_init(&objects, &t->key, &zero);
	if (!value)
		return;
	add(&value->count, 1);
	add(&value->bytes, said->number);
}

LANGUAGES(see)
