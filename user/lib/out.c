// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Columns to text, JSON lines and CSV.  Rows are built in one buffer with hand-made
 * formatting and written once a batch: printf a row would cost more than the event.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/hist.h"
#include "lib/lib.h"
#include "lib/screen.h"

#define MAX_COLUMNS 64
#define FLUSH_AT (64 << 10)
#define ROOM (256 << 10)	/* more than one cell can take: 32 KiB of bytes, each as \udcNN */

struct out {
	enum format format;
	bool closed;
	bool nothing;		/* the cell has no value */
	bool holds;		/* a row is being made: what it has so far stays in the buffer */
	char *buf;
	size_t len, size;
	char last;		/* what was written out last */
};

static struct out the_out;
static const struct column *shown[MAX_COLUMNS];
static int n_shown;

static void flush(struct out *o)
{
	size_t at = 0;

	if (screen_on()) {
		if (o->len)
			screen_draw(o->buf, o->len);
		o->len = 0;
		return;
	}

	o->last = o->len ? o->buf[o->len - 1] : o->last;
	while (at < o->len && !o->closed) {
		ssize_t n = write(STDOUT_FILENO, o->buf + at, o->len - at);

		if (n > 0)
			at += n;
		else if (errno != EINTR)
			o->closed = true;	/* nobody reads any more: the run ends */
	}
	o->len = 0;
}

static void need(struct out *o, size_t more)
{
	char *bigger;

	if (o->size - o->len > more)
		return;
	if (o->len >= FLUSH_AT && !o->holds && !screen_on())
		flush(o);
	if (o->size - o->len > more)
		return;
	bigger = realloc(o->buf, o->len + more + ROOM);
	if (!bigger) {
		o->closed = true;
		o->len = 0;
		return;
	}
	o->buf = bigger;
	o->size = o->len + more + ROOM;
}

static inline void put(struct out *o, const char *s, size_t n)
{
	need(o, n);
	if (o->size - o->len <= n)
		return;
	memcpy(o->buf + o->len, s, n);
	o->len += n;
}

static inline void put_char(struct out *o, char c)
{
	put(o, &c, 1);
}

void out_str(struct out *o, const char *s)
{
	put(o, s, strlen(s));
}

void out_raw(struct out *o, const char *s, size_t n)
{
	put(o, s, n);
}

void out_u64(struct out *o, __u64 v)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = '0' + v % 10;
	while (v /= 10);
	put(o, p, digits + sizeof(digits) - p);
}

void out_s64(struct out *o, __s64 v)
{
	if (v < 0)
		put_char(o, '-');
	out_u64(o, v < 0 ? -(__u64)v : (__u64)v);
}

/* v / divide, rounded down, with so many decimals; divide is a power of ten. */
void out_fixed(struct out *o, __u64 v, __u32 divide, int decimals)
{
	__u32 rest = v % divide;

	out_u64(o, v / divide);
	if (!decimals)
		return;
	put_char(o, '.');
	while (decimals--) {
		divide /= 10;
		put_char(o, '0' + (divide ? rest / divide % 10 : 0));
	}
}

void out_average(struct out *o, const struct column *c, const void *row)
{
	const __u64 *sum = (const __u64 *)((const char *)row + c->offset), *count = sum + 1;

	if (!*count)
		out_nothing(o);
	else if (out_is_json(o))
		out_u64(o, *sum / *count);
	else
		out_fixed(o, *sum / *count, 1000, 1);
}

void out_printf(struct out *o, const char *fmt, ...)
{
	char text[512];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	put(o, text, n < (int)sizeof(text) ? n : (int)sizeof(text) - 1);
}

/* For the show() of a column: this row has no value for it. */
void out_nothing(struct out *o)
{
	o->nothing = true;
}

bool out_has(struct out *o)
{
	bool has = !o->nothing;

	o->nothing = false;
	return has;
}

bool out_is_json(const struct out *o)
{
	return o->format == OUT_JSON;
}

/* Display width: UTF-8 continuation bytes take no room. */
static int width_of(const char *s, size_t n)
{
	int width = 0;

	for (size_t i = 0; i < n; i++)
		width += (s[i] & 0xc0) != 0x80;
	return width;
}

bool out_is_text(const struct out *o)
{
	return o->format == OUT_TEXT;
}

/* A row that is being made is still in the buffer. */
int out_column(const struct out *o)
{
	const char *end = o->buf + o->len, *start = o->len ? memrchr(o->buf, '\n', o->len) : NULL;

	return start ? width_of(start + 1, end - start - 1) : width_of(o->buf, o->len);
}

/* Length of the valid UTF-8 sequence at s that is no control character, or 0. */
int out_utf8(const unsigned char *s, size_t n)
{
	__u32 c = s[0];
	int len = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;

	if (len == 1)
		return c >= 0x20 && c != 0x7f;
	if (!len || (size_t)len > n)
		return 0;
	c &= 0x7f >> len;
	for (int i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	/* too long, a surrogate, a C1 control, what ends a line, or turns the direction of a terminal's text */
	if ((len == 3 && c < 0x800) || (len == 4 && (c < 0x10000 || c > 0x10ffff)) || (c >= 0xd800 && c < 0xe000) ||
	    c < 0xa0 || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;
	return len;
}

/*
 * Bytes from the kernel or a process.  Text: \n, \t, \xNN as in C, a backslash doubled.
 * JSON: as it stands where it is valid UTF-8; a byte that isn't is written as \udcNN,
 * as Python's surrogateescape does, so that the bytes can be had back.
 */
static void escaped(struct out *o, const unsigned char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	bool json = o->format == OUT_JSON;
	size_t start = 0, i = 0;

	need(o, n);
	while (i < n) {
		int len;

		/* the common case: printable ASCII with nothing special */
		while (i < n && s[i] >= 0x20 && s[i] < 0x7f && s[i] != '\\' && s[i] != '"')
			i++;
		if (i == n)
			break;
		if (s[i] == '"' && !json) {
			i++;
			continue;
		}
		len = s[i] == '\\' || s[i] == '"' ? 0 : out_utf8(s + i, n - i);
		if (len) {
			i += len;
			continue;
		}
		put(o, (const char *)s + start, i - start);
		if (s[i] == '\\' || s[i] == '"') {
			put_char(o, '\\');
			put_char(o, s[i]);
		} else if (s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
			put_char(o, '\\');
			put_char(o, s[i] == '\n' ? 'n' : s[i] == '\t' ? 't' : 'r');
		} else {
			put(o, json ? s[i] < 0x80 ? "\\u00" : "\\udc" : "\\x", json ? 4 : 2);
			put_char(o, hex[s[i] >> 4]);
			put_char(o, hex[s[i] & 15]);
		}
		start = ++i;
	}
	put(o, (const char *)s + start, n - start);
}

void out_bytes(struct out *o, const char *s, size_t n)
{
	escaped(o, (const unsigned char *)s, n);
}

static const char *heading(const struct column *c)
{
	static char up[64];
	int i;

	for (i = 0; c->key[i] && i < (int)sizeof(up) - 8; i++)
		up[i] = c->key[i] == '_' ? '-' : toupper((unsigned char)c->key[i]);
	up[i] = 0;
	if (c->look == L_NSEC)
		sprintf(up + i, "(%s)", c->unit);
	return up;
}

static const struct column *find(const struct column *c, const char *key, size_t len)
{
	for (; c && c->key; c++)
		if (strlen(c->key) == len && !strncmp(c->key, key, len))
			return c;
	return NULL;
}

const struct column *out_find(const struct run *run, const char *key)
{
	return key ? find(run->tool->columns, key, strlen(key)) : NULL;
}

bool out_is_shown(const struct column *c)
{
	for (int i = 0; i < n_shown; i++)
		if (shown[i] == c)
			return true;
	return false;
}

static void show(const struct column *c)
{
	if (!out_is_shown(c) && n_shown < MAX_COLUMNS)
		shown[n_shown++] = c;
}

/* The columns that are shown: the usual ones; of an event, in JSON, all; with -o what it lists, in its order. */
int out_init(struct run *run)
{
	const struct column *c = run->tool->columns;
	const char *list = run->columns;
	bool adds = list && *list == '+';

	the_out.format = run->format;
	n_shown = 0;
	for (int i = 0; c && c[i].key; i++)
		if ((!list || adds) && !opt_hides(c[i].key) &&
		    (!c[i].hidden || opt_shows(c[i].key) || (run->format == OUT_JSON && !run->table->map)))
			show(&c[i]);
	if (list && !*list) {
		err("--columns: no columns: see --help for their names");
		return -EINVAL;
	}
	for (list = adds ? list + 1 : list; list && *list;) {
		size_t len = strcspn(list, ",");
		const struct column *f = find(c, list, len);

		if (!f) {
			err("--columns: no column '%.*s': see --help for their names", (int)len, list);
			return -EINVAL;
		}
		show(f);
		list += len + (list[len] == ',');
	}
	/* what is added comes where the tool has it, not at the end after a path of any length */
	if (adds || !run->columns)
		for (int i = 1; i < n_shown; i++)
			for (int j = i; j && shown[j] < shown[j - 1]; j--) {
				const struct column *swap = shown[j];

				shown[j] = shown[j - 1];
				shown[j - 1] = swap;
			}
	if (run->sort && !out_find(run, run->sort)) {
		err("--sort: no column '%s': see --help for their names", run->sort);
		return -EINVAL;
	}
	return 0;
}

/* Tell BPF which of the columns that cost something are wanted. */
int out_want(struct run *run)
{
	for (int i = 0; i < n_shown; i++) {
		if (shown[i]->needs)
			*((bool *)run->common + shown[i]->needs) = true;
		if (shown[i]->needs_own)
			*((bool *)run->rodata + shown[i]->needs_own - 1) = true;
	}
	return 0;
}

void out_header(struct run *run)
{
	struct out *o = &the_out;

	if (run->format == OUT_JSON || !n_shown || run->quiet)
		return;
	for (int i = 0; i < n_shown; i++)
		if (run->format == OUT_CSV)
			out_printf(o, "%s%s%s", i ? "," : "", shown[i]->key, shown[i]->look == L_NSEC ? "_ns" : "");
		else if (i == n_shown - 1 && shown[i]->width <= 0)
			out_printf(o, "%s%s", i ? " " : "", heading(shown[i]));
		else
			out_printf(o, "%s%*s", i ? " " : "", shown[i]->width, heading(shown[i]));
	put_char(o, '\n');
}

static __s64 number(const struct column *c, const void *row)
{
	const char *p = (const char *)row + c->offset;

	switch (c->size) {
	case 1: return c->is_signed ? *(__s8 *)p : *(__u8 *)p;
	case 2: return c->is_signed ? *(__s16 *)p : *(__u16 *)p;
	case 4: return c->is_signed ? *(__s32 *)p : (__s64)*(__u32 *)p;
	default: return *(__s64 *)p;
	}
}

long long out_number(const struct column *c, const void *row)
{
	return number(c, row);
}

/* The buffer may have been written out since the last key. */
static void comma(struct out *o)
{
	if ((o->len ? o->buf[o->len - 1] : o->last) != '{')
		put_char(o, ',');
}

void out_json_key(struct out *o, const char *key)
{
	comma(o);
	put_char(o, '"');
	out_str(o, key);
	put(o, "\":", 2);
}

static void cell_json(struct out *o, const struct column *c, const void *row)
{
	bool quoted = look_quoted(c);
	size_t at;

	comma(o);
	put_char(o, '"');
	out_str(o, c->key);
	if (c->look == L_NSEC)
		put(o, "_ns", 3);
	put(o, "\":", 2);
	need(o, ROOM);	/* no flush inside, so that `at` stays right */
	at = o->len;
	if (quoted)
		put_char(o, '"');
	if (!look_write(o, c, row)) {
		o->len = at;
		put(o, "null", 4);
	} else if (quoted) {
		put_char(o, '"');
	}
}

static void cell_csv(struct out *o, const struct column *c, const void *row)
{
	size_t at = o->len, n, quotes = 0;

	look_write(o, c, row);
	n = o->len - at;
	for (size_t i = 0; i < n; i++)
		quotes += o->buf[at + i] == '"';
	if (!quotes && !memchr(o->buf + at, ',', n))
		return;
	need(o, quotes + 2);
	o->len = at + n + quotes + 2;
	o->buf[o->len - 1] = '"';
	for (size_t i = n, to = o->len - 1; i--;) {
		o->buf[--to] = o->buf[at + i];
		if (o->buf[at + i] == '"')
			o->buf[--to] = '"';
	}
	o->buf[at] = '"';
}

static void cell_text(struct out *o, const struct column *c, const void *row, bool last)
{
	static const char spaces[] = "                                                                ";
	size_t at = o->len;
	int pad;

	if (!look_write(o, c, row) || o->len == at)
		put_char(o, '-');
	if (last && c->width <= 0)
		return;
	pad = abs(c->width) - width_of(o->buf + at, o->len - at);
	if (pad <= 0)
		return;
	if (pad >= (int)sizeof(spaces))
		pad = sizeof(spaces) - 1;
	put(o, spaces, pad);
	if (c->width > 0) {
		memmove(o->buf + at + pad, o->buf + at, o->len - at - pad);
		memset(o->buf + at, ' ', pad);
	}
}

void out_cell(struct out *o, const struct column *c, const void *row)
{
	if (o->format == OUT_JSON)
		cell_json(o, c, row);
	else
		cell_text(o, c, row, true);
}

/* The cells of a row, without what ends the line. */
static void cells(struct out *o, const void *row, bool more)
{
	need(o, ROOM);
	o->holds = true;
	if (o->format == OUT_JSON)
		put_char(o, '{');
	for (int i = 0; i < n_shown; i++) {
		need(o, ROOM);
		switch (o->format) {
		case OUT_JSON: cell_json(o, shown[i], row); break;
		case OUT_CSV:
			if (i)
				put_char(o, ',');
			cell_csv(o, shown[i], row);
			break;
		case OUT_TEXT:
			if (i)
				put_char(o, ' ');
			cell_text(o, shown[i], row, !more && i == n_shown - 1);
		}
	}
	o->holds = false;
}

/* For histograms, which go on after the cells; false when there are none. */
bool out_cells(struct out *o, const void *row)
{
	cells(o, row, true);
	return n_shown;
}

/* The headings as a prefix: each in its column, then a separator. */
void out_names(struct out *o)
{
	for (int i = 0; i < n_shown; i++)
		if (o->format == OUT_CSV)
			out_printf(o, "%s,", shown[i]->key);
		else
			out_printf(o, "%*s ", shown[i]->width, heading(shown[i]));
}

/* "disk = sda, flags = Read"; false when there are no columns. */
bool out_pairs(struct out *o, const void *row)
{
	for (int i = 0; i < n_shown; i++) {
		out_printf(o, "%s%s = ", i ? ", " : "", shown[i]->key);
		if (!look_write(o, shown[i], row))
			put_char(o, '-');
	}
	return n_shown;
}

void out_row(struct run *run, const void *row)
{
	struct out *o = &the_out;

	cells(o, row, false);
	put(o, o->format == OUT_JSON ? "}\n" : "\n", o->format == OUT_JSON ? 2 : 1);
	if (o->len >= FLUSH_AT && !screen_on())		/* a screen is drawn whole */
		flush(o);
}

struct out *out_open(struct run *run)
{
	return &the_out;
}

void out_flush(void)
{
	flush(&the_out);
}

/* Before a wait, so that a reader who has gone is noticed while there is nothing to write. */
void out_look(void)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO };

	if (poll(&pfd, 1, 0) > 0)
		the_out.closed = true;
}

bool out_closed(void)
{
	return the_out.closed;
}

void out_close(void)
{
	free(the_out.buf);
	the_out = (struct out){};
}
