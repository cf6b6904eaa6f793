// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines, parsed one at a time: a million of them at once would not fit into a small VM. */
#include "test.h"

/* The next line as JSON; NULL at the end or where a line is none. */
static json_t *line_next(struct job *job, size_t *at, json_error_t *error)
{
	const char *start = job->out + *at, *end;

	if (*at >= job->out_length)
		return NULL;
	end = memchr(start, '\n', job->out_length - *at) ?: job->out + job->out_length;
	*at = end - job->out + 1;
	return json_loadb(start, end - start, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, error);
}

static bool is_loss(const json_t *line)
{
	return json_object_get(line, "lost") && json_object_get(line, "why");
}

static bool is_row(const json_t *row, const struct where *where)
{
	const json_t *value;

	if (!where)
		return true;
	for (where++; where->key; where++) {
		value = json_object_get(row, where->key);
		if (!value)
			return false;
		if (where->text && (!json_is_string(value) || strcmp(json_string_value(value), where->text)))
			return false;
		if (!where->text && (!json_is_integer(value) || json_integer_value(value) != where->number))
			return false;
	}
	return true;
}

json_t *row_next(struct job *job, size_t *at, const struct where *where)
{
	json_error_t error;
	json_t *line;

	while ((line = line_next(job, at, &error))) {
		if (json_is_object(line) && !is_loss(line) && is_row(line, where))
			return line;
		json_decref(line);
	}
	return NULL;
}

void tool_check_json(struct job *job)
{
	json_error_t error;
	size_t start = 0;
	json_t *line;

	for (size_t at = 0; at < job->out_length; start = at) {
		line = line_next(job, &at, &error);
		if (!json_is_object(line)) {
			FAIL("%s: not a JSON object (%s): %.*s", job->name, line ? "another type" : error.text,
			     (int)(at - start > 400 ? 400 : at - start), job->out + start);
			return;
		}
		json_decref(line);
	}
	if (job->out_length && job->out[job->out_length - 1] != '\n')
		FAIL("%s: its last line is not complete", job->name);
}

long rows_count(struct job *job, const struct where *where)
{
	json_t *row;
	long n = 0;

	for (size_t at = 0; (row = row_next(job, &at, where)); n++)
		json_decref(row);
	return n;
}

json_t *rows_first(struct job *job, const struct where *where)
{
	size_t at = 0;
	json_t *row = row_next(job, &at, where);

	if (row)
		return row;
	for (where++; where->key; where++)
		fprintf(stderr, "  wanted: %s = %s\n", where->key, where->text ?: text("%lld", where->number));
	FAIL("%s: no such row; its output begins: %.1000s%s", job->name, job->out, job->err);
	test_end();
}

long long rows_sum(struct job *job, const char *key, const struct where *where)
{
	long long sum = 0;
	json_t *row;

	for (size_t at = 0; (row = row_next(job, &at, where));) {
		sum += number(row, key);
		json_decref(row);
	}
	return sum;
}

long long lost(struct job *job)
{
	json_error_t error;
	long long sum = 0;
	json_t *line;

	for (size_t at = 0; (line = line_next(job, &at, &error));) {
		if (is_loss(line))
			sum += number(line, "lost");
		json_decref(line);
	}
	return sum;
}

long long number(const json_t *row, const char *key)
{
	json_t *value = json_object_get(row, key);

	if (json_is_integer(value))
		return json_integer_value(value);
	if (json_is_real(value))
		return json_real_value(value);
	FAIL("no number \"%s\" in %s", key, json_dumps(row, 0));
	return -1;
}

const char *string(const json_t *row, const char *key)
{
	json_t *value = json_object_get(row, key);

	if (json_is_string(value))
		return json_string_value(value);
	FAIL("no string \"%s\" in %s", key, json_dumps(row, 0));
	return "";
}
