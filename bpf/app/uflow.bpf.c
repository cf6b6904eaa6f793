// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/language.bpf.h"
#include "uflow.h"

const volatile char class_prefix[LANGUAGE_NAME], method_prefix[LANGUAGE_NAME];

static __always_inline bool begins_with(const char *text, const volatile char *prefix)
{
	for (int i = 0; i < LANGUAGE_NAME && prefix[i]; i++)
		if (text[i] != prefix[i])
			return false;
	return true;
}

static __always_inline void see(const struct language_said *said, struct language_thread *t)
{
	bool returns = (said->what & 0xff) == LANGUAGE_RETURN;
	struct uflow_event *e;

	language_key(&t->key, said, false);
	if (!begins_with(t->key.class, class_prefix) || !begins_with(t->key.name, method_prefix))
		return;
	if (returns && t->depth)
		t->depth--;
	e = event_reserve(struct uflow_event);
	if (e) {
		e->depth = t->depth;
		e->returns = returns;
		e->line = said->number;
		e->key = t->key;
		event_submit(e);
	}
	if (!returns)
		t->depth++;
}

LANGUAGES(see)
