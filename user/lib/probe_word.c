// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/probe_word.h"
#include "lib/lib.h"

static int wrong(const struct probe_word *w, const char *at, const char *what)
{
	struct expr_error e = { .at = at - w->text };

	snprintf(e.text, sizeof(e.text), "%s", what);
	return expr_complain(w->text, &e);
}

static const char *past_string(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

/* To the comma, or the bracket, that ends it. */
static const char *past_value(const char *at, const char *ends)
{
	int depth = 0;

	while (*at && (depth || !strchr(ends, *at))) {
		if (*at == '"') {
			at = past_string(at);
			continue;
		}
		depth += *at == '(' || *at == '[';
		depth -= *at == ')' || *at == ']';
		at++;
	}
	return at;
}

static const char *space(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

/* The place ends with a space, or where the condition begins; in /a regular expression/ there may be either. */
static const char *past_place(const char *at)
{
	const char *slash = *at == '/' ? at : strstr(at, ":/"), *end = at + strcspn(at, " \t("), *close;

	if (slash && slash < end) {
		slash += *slash == ':';
		close = strchr(slash + 1, '/');
		/* a path has no ( or space before its next colon */
		if (close && !isalnum((unsigned char)close[1]) && close[1] != '_' && close[1] != '.' && strcspn(slash, ":") >= (size_t)(close - slash))
			return close + 1 + strcspn(close + 1, " \t(");
	}
	return end;
}

int probe_word_split(struct probe_word *w, const char *text)
{
	const char *at = space(text), *end = past_place(at);

	*w = (struct probe_word){ .text = text, .place = strndup(at, end - at) };
	at = space(end);
	if (*at == '(') {
		end = past_value(at + 1, ")");
		if (!*end)
			return wrong(w, end, ") is missing");
		w->condition_at = at + 1 - text;
		w->condition = strndup(at + 1, end - at - 1);
		if (w->condition && *space(end + 1) && expr_is_cast(w->condition)) {	/* "(int)fd": the first value's */
			free(w->condition);
			w->condition = NULL;
		} else {
			at = space(end + 1);
		}
	}
	if (*at == '"') {
		end = past_string(at);
		if (end[-1] != '"' || end == at + 1)
			return wrong(w, at, "a format that doesn't end");
		w->format_at = at + 1 - text;
		w->format = strndup(at + 1, end - at - 2);
		at = space(end);
		if (*at && *at != ',')
			return wrong(w, at, "a comma is missing");
		at = *at ? space(at + 1) : at;
		if (!*at && end[0] == ',')
			return wrong(w, at, "a value is missing");
	}
	while (*at) {
		if (w->n == PROBE_VALUES)
			return wrong(w, at, "too many values");
		end = past_value(at, ",");
		w->at[w->n] = at - text;
		w->values[w->n] = strndup(at, end - at);
		if (!w->values[w->n++])
			return -ENOMEM;
		at = *end ? space(end + 1) : end;
		if (*end && !*at)
			return wrong(w, at, "a value is missing");
	}
	return w->place ? 0 : -ENOMEM;
}

static int ask_one(const struct probe_word *w, struct expr_scope *scope, const char *text, size_t at, struct expr **expr)
{
	struct expr_error e;
	int ret = expr_new(expr, scope, text, &e);

	if (ret != -EINVAL)
		return ret;
	e.at += at;
	return expr_complain(w->text, &e);
}

int probe_word_ask(const struct probe_word *w, struct expr_scope *scope, __u32 text_size, struct probe_asked *a, size_t *size)
{
	int ret = w->condition ? ask_one(w, scope, w->condition, w->condition_at, &a->condition) : 0;

	if (!ret && a->condition && expr_type(a->condition)->kind != EXPR_NUMBER && expr_type(a->condition)->kind != EXPR_POINTER)
		return wrong(w, w->text + w->condition_at, "text is no condition");
	for (int i = 0; i < w->n && !ret; i++) {
		ret = ask_one(w, scope, w->values[i], w->at[i], &a->values[i]);
		a->at[i] = *size;
		*size += ret ? 0 : (expr_size(a->values[i], text_size) + 7) & ~7U;
	}
	memcpy(a->entries, scope->entries, sizeof(a->entries));
	a->n_entries = scope->n_entries;
	a->is_call = scope->wants_call;
	return ret;
}

void probe_asked_code(struct code *c, const struct probe_asked *a, int n, __u32 text_size)
{
	for (int i = 0; i < n; i++)
		if (expr_is_bytes(a->values[i])) {
			expr_gen_bytes(c, a->values[i], a->at[i], expr_size(a->values[i], text_size));
		} else {
			expr_gen(c, a->values[i]);
			code_put(c, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_7, BPF_REG_0, a->at[i], 0);
		}
	code_value(c, BPF_REG_0, 0);
}
