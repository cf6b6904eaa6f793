/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A word of trace and argdist: PLACE [(CONDITION)] ["FORMAT"] [EXPRESSION,...]. Each part is a copy that lives on; errors say
 * where in the word.
 */
#ifndef PROBE_WORD_H
#define PROBE_WORD_H

#include "lib/expr.h"

#define PROBE_VALUES 12

struct probe_word {
	const char *text;
	char *place, *condition, *format;	/* condition, format: NULL where there is none */
	char *values[PROBE_VALUES];
	size_t condition_at, at[PROBE_VALUES];	/* where they are in the text */
	int n;
};

int probe_word_split(struct probe_word *w, const char *text);	/* -EINVAL after a line on stderr */
/* An expression of the word at a place: a line on stderr if it is none. */
int probe_word_expr(const struct probe_word *w, struct expr_scope *scope, const char *text, size_t at, struct expr **expr);

/* A value as it is where code has put it: a number by its type, or text of so many bytes at most. */
void probe_value_show(struct out *out, const struct expr *expr, const char *bytes, size_t size);

#endif
