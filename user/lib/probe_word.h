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
	size_t condition_at, format_at, at[PROBE_VALUES];	/* where they are in the text */
	int n;
};

int probe_word_split(struct probe_word *w, const char *text);	/* -EINVAL after a line on stderr */

/* What is asked at a place. Functions of a set have it in common. */
struct probe_asked {
	struct expr *condition, *values[PROBE_VALUES];	/* NULL: none, no more */
	size_t at[PROBE_VALUES];	/* where they go: numbers take 8 bytes, text what it is allowed, rounded up */
	const struct node *entries[EXPR_ENTRIES];	/* what is kept of a call, for when it returns */
	size_t n_entries;
	bool is_call;		/* points_call() is needed */
};

/* *size: what is in front of them, then with them. A line on stderr if something is wrong. */
int probe_word_ask(const struct probe_word *w, struct expr_scope *scope, __u32 text_size, struct probe_asked *a, size_t *size);
/* Code that puts n values there, from the first on, behind R7. */
void probe_asked_code(struct code *c, const struct probe_asked *a, int n, __u32 text_size);

#endif
