// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* 'port == 53 && (src == 10.0.0.1 || !(comm == "x"))': a filter on the fields of an entry. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/tool.h"
#include "lib/typed.h"

enum compare { EQ, NE, LT, LE, GT, GE };

struct where {
	enum { AND, OR, NOT, COMPARE } what;
	struct where *left, *right;
	struct typed_field field;
	enum compare compare;
	void *literal;		/* as large as key or value, with the field set */
};

struct reader {
	const struct typed *t;
	const char *text, *p;
	int depth;
};

static int parse_or(struct reader *r, struct where **w);

static void skip(struct reader *r)
{
	r->p += strspn(r->p, " \t\n");
}

static int fail(const struct reader *r, const char *at, const char *why)
{
	struct value_error e = { .at = at - r->text };

	snprintf(e.text, sizeof(e.text), "%s", why);
	typed_complain("--where", r->text, &e);
	return -EINVAL;
}

static struct where *node(int what, struct where *left, struct where *right)
{
	struct where *w = calloc(1, sizeof(*w));

	if (w)
		*w = (struct where){ .what = what, .left = left, .right = right };
	return w;
}

void where_free(struct where *w)
{
	if (!w)
		return;
	where_free(w->left);
	where_free(w->right);
	free(w->literal);
	free(w);
}

/* The length of a literal: to what ends it outside quotes and brackets. */
static size_t literal(const char *p)
{
	const char *start = p;
	int depth = 0;

	for (; *p; p++) {
		if (*p == '"') {
			for (p++; *p && *p != '"'; p++)
				p += *p == '\\' && p[1];
			if (!*p)
				break;
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			depth--;
		} else if (depth <= 0 && (isspace((unsigned char)*p) || *p == ')' || *p == '&' || *p == '|')) {
			break;
		}
	}
	return p - start;
}

static int parse_compare(struct reader *r, struct where *w)
{
	static const struct {
		const char *text;
		enum compare compare;
	} ops[] = { { "==", EQ }, { "!=", NE }, { "<=", LE }, { ">=", GE }, { "<", LT }, { ">", GT }, { "=", EQ } };
	size_t len = strcspn(r->p, " \t\n=!<>()&|"), i;
	const struct value_type *type;
	const char *start = r->p;
	struct value_error e;
	char *copy;
	int ret;

	if (!len)
		return fail(r, r->p, "a field is missing");
	copy = strndup(r->p, len);
	ret = copy ? typed_field(r->t, copy, &w->field) : -ENOMEM;
	free(copy);
	if (ret)
		return ret;
	r->p += len;
	skip(r);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strncmp(r->p, ops[i].text, strlen(ops[i].text)))
			break;
	if (i == sizeof(ops) / sizeof(*ops))
		return fail(r, r->p, "== != < <= > or >= is needed");
	w->compare = ops[i].compare;
	r->p += strlen(ops[i].text);
	skip(r);
	if (w->compare > NE && !value_is_number(&w->field.field))
		return fail(r, start, "this field is no number: only == and != are for it");
	type = w->field.of_key ? r->t->key : r->t->value;
	w->literal = calloc(1, value_size(type) + 1);
	copy = strndup(r->p, literal(r->p));
	if (!w->literal || !copy)
		ret = -ENOMEM;
	else
		ret = value_parse_field(&w->field.field, type, copy, NULL, w->literal, &e);
	if (ret == -EINVAL)
		fail(r, r->p + e.at, e.text);
	r->p += copy ? strlen(copy) : 0;
	free(copy);
	return ret;
}

static int parse_one(struct reader *r, struct where **w)
{
	int ret;

	skip(r);
	if (++r->depth > 100)
		return fail(r, r->p, "too many parentheses");
	*w = node(COMPARE, NULL, NULL);
	if (!*w)
		return -ENOMEM;
	if (*r->p == '!') {
		r->p++;
		(*w)->what = NOT;
		ret = parse_one(r, &(*w)->left);
	} else if (*r->p == '(') {
		r->p++;
		(*w)->what = AND;
		ret = parse_or(r, &(*w)->left);
		skip(r);
		if (!ret && *r->p != ')')
			ret = fail(r, r->p, "a ) is missing");
		r->p += !ret;
	} else {
		ret = parse_compare(r, *w);
	}
	r->depth--;
	return ret;
}

/* A chain of one operator; && binds stronger. */
static int chain(struct reader *r, struct where **w, const char *op)
{
	bool or = *op == '|';
	int ret = or ? chain(r, w, "&&") : parse_one(r, w);

	while (!ret) {
		struct where *both;

		skip(r);
		if (strncmp(r->p, op, 2))
			break;
		r->p += 2;
		both = node(or ? OR : AND, *w, NULL);
		if (!both)
			return -ENOMEM;
		*w = both;
		ret = or ? chain(r, &both->right, "&&") : parse_one(r, &both->right);
	}
	return ret;
}

static int parse_or(struct reader *r, struct where **w)
{
	return chain(r, w, "||");
}

int where_new(struct where **w, const struct typed *t, const char *text)
{
	struct reader r = { .t = t, .text = text, .p = text };
	int ret;

	*w = NULL;
	ret = parse_or(&r, w);
	skip(&r);
	if (!ret && *r.p)
		ret = fail(&r, r.p, "&& or || is needed");
	if (ret) {
		where_free(*w);
		*w = NULL;
	}
	return ret;
}

static bool compare(const struct where *w, const void *bytes)
{
	int c = value_compare(&w->field.field, bytes, w->literal);

	switch (w->compare) {
	case EQ: return c == 0;
	case NE: return c != 0;
	case LT: return c < 0;
	case LE: return c <= 0;
	case GT: return c > 0;
	default: return c >= 0;
	}
}

/* Of a per-CPU map: on any CPU. */
bool where_matches(const struct where *w, const struct typed *t, const void *key, const void *value)
{
	switch (w->what) {
	case NOT: return !where_matches(w->left, t, key, value);
	case OR: return where_matches(w->left, t, key, value) || where_matches(w->right, t, key, value);
	case AND: return where_matches(w->left, t, key, value) && (!w->right || where_matches(w->right, t, key, value));
	default: break;
	}
	if (w->field.of_key)
		return compare(w, key);
	for (int cpu = 0; value && cpu < t->map.cpus; cpu++)
		if (compare(w, (const char *)value + cpu * t->map.stride))
			return true;
	return false;
}
