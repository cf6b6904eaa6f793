// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines, parsed one at a time: a million of them at once would not fit into a small VM. */
#include "test.h"

/*
 * A byte that is not UTF-8 is written \udcNN, as Python does; jansson refuses that, and no JSON string of its own
 * may hold the byte. So it is read as \ueeNN, which no test uses, and then turned into the byte.
 */
static void hide_bytes(char *line, size_t length)
{
	for (size_t i = 0; i + 5 < length; i++) {
		if (line[i] != '\\')
			continue;
		if (!strncmp(line + i, "\\udc", 4))
			line[i + 2] = line[i + 3] = 'e';
		i++;
	}
}

static void show_bytes(json_t *value)
{
	const char *key, *from, *end;
	char *bytes, *to;
	json_t *inner;
	size_t i;

	json_object_foreach(value, key, inner) show_bytes(inner);
	json_array_foreach(value, i, inner) show_bytes(inner);
	if (!json_is_string(value))
		return;
	from = json_string_value(value);
	end = from + json_string_length(value);
	to = bytes = malloc(json_string_length(value) + 1);
	while (from < end) {
		/* U+EE80 to U+EEFF in UTF-8 */
		if (!strncmp(from, "\xee\xba", 2) || !strncmp(from, "\xee\xbb", 2)) {
			*to++ = (from[1] & 1) << 6 | (from[2] & 0x3f) | 0x80;
			from += 3;
		} else {
			*to++ = *from++;
		}
	}
	json_string_setn_nocheck(value, bytes, to - bytes);
	free(bytes);
}

/* The next line as JSON; NULL at the end or where a line is none. */
static json_t *line_next(struct job *job, size_t *at, json_error_t *error)
{
	const char *start = job->out + *at, *end;
	size_t length;
	json_t *json;
	char *copy;

	if (*at >= job->out_length)
		return NULL;
	end = memchr(start, '\n', job->out_length - *at) ?: job->out + job->out_length;
	length = end - start;
	*at = end - job->out + 1;
	if (!memmem(start, length, "\\udc", 4))
		return json_loadb(start, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, error);
	copy = memcpy(malloc(length + 1), start, length);
	hide_bytes(copy, length);
	json = json_loadb(copy, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, error);
	show_bytes(json);
	free(copy);
	return json;
}

static bool is_loss(const json_t *line)
{
	return json_object_get(line, "lost") && json_object_get(line, "why");
}

static bool is_same(const json_t *value, const struct where *where)
{
	if (where->is_number)
		return json_is_integer(value) && json_integer_value(value) == where->number;
	if (!where->text)
		return !value || json_is_null(value);
	return json_is_string(value) && !strcmp(json_string_value(value), where->text);
}

static bool is_row(const json_t *row, const struct where *where)
{
	for (where = where ? where + 1 : NULL; where && where->key; where++)
		if (!is_same(json_object_get(row, where->key), where))
			return false;
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
		fprintf(stderr, "  wanted: %s = %s\n", where->key, where->is_number ? text("%lld", where->number) : where->text ?: "nothing");
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

/* What the loss lines add up to, of one cause or of all. */
static long long lost_to(struct job *job, const char *why)
{
	json_error_t error;
	long long sum = 0;
	json_t *line;

	for (size_t at = 0; (line = line_next(job, &at, &error));) {
		if (is_loss(line) && (!why || !strcmp(string(line, "why"), why)))
			sum += number(line, "lost");
		json_decref(line);
	}
	return sum;
}

long long lost(struct job *job)
{
	return lost_to(job, NULL);
}

long long missed_up_to(struct job *job, long long most)
{
	long long missed = slow() > 1 ? lost_to(job, "probe missed") : 0;

	return missed <= most ? missed : 0;
}

long long missed_allowed(struct job *job)
{
	return missed_up_to(job, 20);
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
